// SPDX-License-Identifier: GPL-3.0-or-later
//! What is asked of all time is answered from sums that are kept; of a period that holds everything, from
//! quarter hours and steps. Both must say the same.

use octally_core::meter::Meter;
use octally_core::model::Zone;
use octally_core::rollup::{By, Order, Request, Sort};
use serde_json::Value;

/// 2100-01-01.
const END_MS: i64 = 4_102_444_800_000;

/// Every answer that can be had both ways.
pub fn check(meter: &Meter) {
    for by in By::ALL {
        for sort in [None, Some(Sort::Time), Some(Sort::Sessions)] {
            let all = Request {
                sort,
                ..Request::new(by)
            };
            compare(meter, &all);
        }
    }
    for (limit, sort, order) in (1..4).flat_map(orders) {
        compare(
            meter,
            &Request {
                limit: Some(limit),
                sort,
                order,
                ..Request::new(By::Session)
            },
        );
    }
    for provider in ["p", "q"] {
        let mut request = Request::new(By::Session);
        request.provider = Some(provider.into());
        compare(meter, &request);
    }
}

/// Each order in which sessions can be asked for.
fn orders(limit: usize) -> Vec<(usize, Option<Sort>, Option<Order>)> {
    let sorts = [
        None,
        Some(Sort::Time),
        Some(Sort::Name),
        Some(Sort::Sessions),
        Some(Sort::Steps),
        Some(Sort::Input),
        Some(Sort::Fresh),
        Some(Sort::Total),
        Some(Sort::Cost),
    ];
    let orders = [None, Some(Order::Ascending), Some(Order::Descending)];
    let each = sorts
        .into_iter()
        .flat_map(|sort| orders.map(|order| (limit, sort, order)));
    each.collect()
}

fn compare(meter: &Meter, all: &Request) {
    // No day begins at these instants: day tables cannot help either.
    let bounded = Request {
        since_ms: Some(1),
        until_ms: Some(END_MS + 1),
        ..all.clone()
    };
    let (summed, counted) = (answers(meter, all), answers(meter, &bounded));
    for (summed, counted) in summed.into_iter().zip(counted) {
        assert_eq!(summed, counted, "{all:?}");
    }
}

fn answers(meter: &Meter, request: &Request) -> [Value; 4] {
    let zone = Zone::utc();
    let report = serde_json::to_value(meter.report(request, &zone).unwrap());
    let sessions = serde_json::to_value(meter.sessions(request, &zone).unwrap());
    let analysis = serde_json::to_value(meter.analysis(request, &zone).unwrap());
    let statistics = serde_json::to_value(meter.statistics(request, &zone, END_MS).unwrap());
    [report, sessions, analysis, statistics].map(|answer| {
        let mut answer = answer.unwrap();
        answer["since"].take();
        answer["until"].take();
        answer
    })
}
