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
    for limit in 1..4 {
        let mut request = Request::new(By::Session);
        request.limit = Some(limit);
        compare(meter, &request);
        for (sort, order) in orders() {
            (request.sort, request.order) = (Some(sort), order);
            let (summed, counted) = (report(meter, &request), report(meter, &bounded(&request)));
            assert_eq!(summed, counted, "{request:?}");
        }
    }
    for provider in ["p", "q"] {
        let mut request = Request::new(By::Session);
        request.provider = Some(provider.into());
        compare(meter, &request);
    }
}

/// Each order in which sessions can be asked for.
fn orders() -> impl Iterator<Item = (Sort, Option<Order>)> {
    let sorts = [
        Sort::Time,
        Sort::Name,
        Sort::Sessions,
        Sort::Steps,
        Sort::Input,
        Sort::Fresh,
        Sort::Total,
        Sort::Cost,
    ];
    let orders = [None, Some(Order::Ascending), Some(Order::Descending)];
    sorts
        .into_iter()
        .flat_map(move |sort| orders.map(|order| (sort, order)))
}

/// One question, from sums that are kept and from all steps.
pub fn compare(meter: &Meter, all: &Request) {
    let (summed, counted) = (answers(meter, all), answers(meter, &bounded(all)));
    for (summed, counted) in summed.into_iter().zip(counted) {
        assert_eq!(summed, counted, "{all:?}");
    }
}

/// No day begins at these instants: day tables cannot help either.
fn bounded(all: &Request) -> Request {
    Request {
        since_ms: Some(1),
        until_ms: Some(END_MS + 1),
        ..all.clone()
    }
}

fn report(meter: &Meter, request: &Request) -> Value {
    let report = meter.report(request, &Zone::utc()).unwrap();
    let mut report = serde_json::to_value(report).unwrap();
    report["since"].take();
    report["until"].take();
    report
}

fn answers(meter: &Meter, request: &Request) -> [Value; 4] {
    let zone = Zone::utc();
    let report = Ok(report(meter, request));
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
