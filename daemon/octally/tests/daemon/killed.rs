// SPDX-License-Identifier: GPL-3.0-or-later
//! `kill -9` of the daemon at any moment: the next one has the figures that an undisturbed one has.

use std::time::Duration;

use crate::mutate::Random;
use crate::plenty::{Plenty, Steps, files, integrity, kill_after, steps};
use crate::world::{World, run};

const CALLS: u32 = 500;
const ROUNDS: u64 = 3;

/// What a daemon leaves that may end as it wants to.
async fn end_well(world: &World) -> (u64, Steps, Vec<String>) {
    // One that has not heard of those that were killed.
    let mut listener = world.listener().await;
    let mut daemon = world.start(&mut listener).await;
    listener.refresh().await;
    let total = listener.steps("Total").await;
    daemon.signal("TERM");
    assert_eq!(daemon.ended().await.code(), Some(0), "{}", world.log());
    assert_eq!(integrity(&world.ledger()), "ok");
    let folders = [world.ledger().parent().unwrap().to_owned(), world.data()];
    let left = folders.iter().flat_map(|folder| files(folder)).collect();
    (total, steps(&world.ledger()), left)
}

fn kill_some(world: &World, random: &mut Random) {
    for _ in 0..=random.below(2) {
        let end = [60, 1_500][random.below(2)];
        let delay = Duration::from_millis(random.below(end) as u64);
        kill_after(&mut world.command(), delay);
    }
}

#[test]
fn killed_in_its_first_reading_and_in_later_ones_it_counts_what_an_undisturbed_one_counts() {
    let Some(whole) = World::new() else { return };
    let wanted: Vec<_> = run(async {
        let mut plenty = Plenty::begin(&whole.data(), CALLS);
        let first = end_well(&whole).await;
        plenty.go_on(CALLS);
        vec![first, end_well(&whole).await]
    });
    for round in 0..ROUNDS {
        let world = World::new().unwrap();
        let mut random = Random::new(round);
        run(async {
            let mut plenty = Plenty::begin(&world.data(), CALLS);
            for (place, wanted) in wanted.iter().enumerate() {
                if place > 0 {
                    plenty.go_on(CALLS);
                }
                kill_some(&world, &mut random);
                let found = end_well(&world).await;
                let case = format!("round {round}, {place}");
                assert_eq!((found.0, &found.2), (wanted.0, &wanted.2), "{case}");
                assert!(found.1 == wanted.1, "{case}");
            }
        });
    }
}
