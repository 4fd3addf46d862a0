// SPDX-License-Identifier: GPL-3.0-or-later

use super::*;

const TWO: &str = "\
# my own
ledger = '/l.db'  # here

# what the client pays for
[budgets.client]
limit_usd = 200   # agreed
project = '/home/dev/client'
warn_at = [ 80, 50 ]

# for me
[budgets.a-day]
period = 'day'
limit_usd = 2.5
counts = 'all'

# the end
";

fn budgets(text: &str) -> Vec<Budget> {
    let (budgets, problems) = parse(text, Path::new("/c.toml"));
    assert_eq!(problems, []);
    budgets
}

/// Place and what of each problem, and how many budgets are left.
fn wrong(text: &str) -> (Vec<(String, String)>, usize) {
    let (budgets, problems) = parse(text, Path::new("/c.toml"));
    let told = problems.into_iter().map(|p| (p.place, p.what));
    (told.collect(), budgets.len())
}

fn file(text: &str) -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    std::fs::write(&path, text).unwrap();
    (folder, path)
}

fn limit(usd: f64) -> BudgetChange {
    BudgetChange {
        limit: Budget::limit(usd),
        ..BudgetChange::default()
    }
}

#[test]
fn budgets_keep_the_order_of_the_file() {
    let found = budgets(TWO);
    let client = Budget {
        id: "client".into(),
        period: BudgetPeriod::Month,
        limit: Budget::limit(200.0).unwrap(),
        project: Some("/home/dev/client".into()),
        counts: BudgetCounts::Billed,
        warn_at: vec![50, 80],
    };
    let a_day = Budget {
        id: "a-day".into(),
        period: BudgetPeriod::Day,
        limit: Budget::limit(2.5).unwrap(),
        project: None,
        counts: BudgetCounts::All,
        warn_at: vec![50, 80, 100],
    };
    assert_eq!(found, [client, a_day]);
    assert_eq!(budgets("budgets = { a = { limit_usd = 1 } }").len(), 1);
    assert_eq!(budgets("budgets.a.limit_usd = 1").len(), 1);
}

#[test]
fn every_mistake_has_its_place_and_the_rest_counts() {
    let (told, left) = wrong(
        "[budgets.a]\nlimit_usd = -1\n\n[budgets.b]\nlimit_usd = 5\n  period = 'dayly'\n\
         [budgets.c]\nlimit_usd = 5\nwarn_at = [0]\n[budgets.d]\nperiod = 'day'\n",
    );
    let places: Vec<_> = told.iter().map(|(place, _)| place.as_str()).collect();
    assert_eq!(
        places,
        ["/c.toml:2:1", "/c.toml:6:3", "/c.toml:9:1", "/c.toml:10:10"]
    );
    assert_eq!(
        told[0].1,
        format!("budgets.a.limit_usd {}", Budget::LIMIT_RULE)
    );
    assert_eq!(told[1].1, format!("budgets.b.period {PERIOD_RULE}"));
    assert_eq!(
        told[2].1,
        format!("budgets.c.warn_at {}", Budget::WARN_AT_RULE)
    );
    assert_eq!(told[3].1, "budgets.d has no limit_usd");
    // Percents that make no sense do not change what the budget is.
    assert_eq!(left, 1);
}

#[test]
fn what_is_no_budget_is_told() {
    for (text, place, what) in [
        ("budgets = 5", "/c.toml:1:1", "budgets must be tables"),
        (
            "[budgets]\na = 5",
            "/c.toml:2:1",
            "budgets.a must be a table",
        ),
        (
            "[budgets.Big]\nlimit_usd = 5",
            "/c.toml:1:10",
            "budgets.Big must be 1 to 40",
        ),
        (
            "[budgets.a]\nlimit_usd = '5'",
            "/c.toml:2:1",
            "budgets.a.limit_usd must be a number",
        ),
        (
            "[budgets.a]\nlimit_usd = nan",
            "/c.toml:2:1",
            "budgets.a.limit_usd must be a number",
        ),
        (
            "[budgets.a]\nlimit_usd = 5\nproject = ''",
            "/c.toml:3:1",
            "budgets.a.project must be",
        ),
        (
            "[budgets.a]\nlimit_usd = 5\ncounts = 1",
            "/c.toml:3:1",
            "budgets.a.counts must be",
        ),
    ] {
        let (told, left) = wrong(text);
        assert_eq!((told.len(), left), (1, 0), "{text}: {told:?}");
        assert_eq!(told[0].0, place);
        assert!(told[0].1.starts_with(what), "{told:?}");
    }
    let (_, problems) = parse(
        "[budgets.a]\nlimit_usd = 5\nperoid = 'day'",
        Path::new("/c.toml"),
    );
    assert_eq!(problems[0].what, "budgets.a.peroid is no setting");
    assert_eq!(problems[0].remedy, "did you mean period?");
}

#[test]
fn there_are_not_too_many() {
    let text: String = (0..MOST + 2)
        .map(|n| format!("[budgets.b{n}]\nlimit_usd = 1\n"))
        .collect();
    let (told, left) = wrong(&text);
    assert_eq!((told.len(), left), (1, MOST));
    let (_folder, path) = file(&text.replace("[budgets.b51]\nlimit_usd = 1\n", ""));
    let error = set_budget(&path, "more", &limit(1.0)).unwrap_err();
    assert!(error.to_string().contains("already"), "{error}");
}

#[test]
fn setting_changes_what_is_said_and_nothing_else() {
    let (_folder, path) = file(TWO);
    set_budget(&path, "client", &limit(250.0)).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!(text, TWO.replace("200   #", "250.0   #"));
    let rest = BudgetChange {
        period: Some(BudgetPeriod::Week),
        project: Some(String::new()),
        counts: Some(BudgetCounts::All),
        warn_at: Some(vec![90]),
        limit: None,
    };
    set_budget(&path, "client", &rest).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    let client = budgets(&text).remove(0);
    assert_eq!((client.period, client.project), (BudgetPeriod::Week, None));
    assert_eq!(
        (client.counts, client.warn_at),
        (BudgetCounts::All, vec![90])
    );
    assert!(
        text.contains("# what the client pays for\n[budgets.client]\n"),
        "{text}"
    );
}

#[test]
fn a_new_budget_comes_last_and_needs_a_limit() {
    let (_folder, path) = file(TWO);
    set_budget(&path, "new", &limit(9.5)).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    let new = "\n[budgets.new]\nperiod = \"month\"\nlimit_usd = 9.5\n";
    assert_eq!(text, format!("{TWO}{new}"));
    let error = set_budget(&path, "other", &BudgetChange::default()).unwrap_err();
    assert!(error.to_string().contains("needs a limit"), "{error}");
    let error = set_budget(&path, "No Name", &limit(1.0)).unwrap_err();
    assert!(error.to_string().contains("must be 1 to 40"), "{error}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
}

#[test]
fn a_budget_that_is_wrong_otherwise_is_not_half_set() {
    let broken = "[budgets.a]\nperiod = 'dayly'\nlimit_usd = 5\n";
    let (_folder, path) = file(broken);
    let EditError::File(problem) = set_budget(&path, "a", &limit(6.0)).unwrap_err() else {
        panic!("a mistake in the file")
    };
    assert!(problem.place.ends_with(":2:1"), "{problem}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), broken);
    let period = BudgetChange {
        period: Some(BudgetPeriod::Day),
        ..BudgetChange::default()
    };
    set_budget(&path, "a", &period).unwrap();
    assert_eq!(budgets(&std::fs::read_to_string(&path).unwrap()).len(), 1);
}

fn removed(text: &str, id: &str) -> String {
    let (_folder, path) = file(text);
    remove_budget(&path, id).unwrap();
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn a_removed_budget_takes_its_own_comments_along() {
    let without_client = "\
# my own
ledger = '/l.db'  # here

# for me
[budgets.a-day]
period = 'day'
limit_usd = 2.5
counts = 'all'

# the end
";
    assert_eq!(removed(TWO, "client"), without_client);
    let without_day = TWO.replace(
        "# for me\n[budgets.a-day]\nperiod = 'day'\nlimit_usd = 2.5\ncounts = 'all'\n\n",
        "",
    );
    assert_eq!(removed(TWO, "a-day"), without_day);
    assert_eq!(removed("# c\n\n[budgets.a]\nlimit_usd = 1", "a"), "# c\n");
    assert_eq!(removed("[budgets.a]\n\n[x]\ny = 1\n", "a"), "[x]\ny = 1\n");
}

#[test]
fn a_budget_is_removed_however_it_is_written() {
    assert_eq!(removed("x = 1\nbudgets.a.limit_usd = 1\n", "a"), "x = 1\n");
    let inline = removed(
        "budgets = { a = { limit_usd = 1 }, b = { limit_usd = 2 } }\n",
        "a",
    );
    assert_eq!(budgets(&inline)[0].id, "b");
    assert_eq!(removed("[budgets]\nBad = 5\n", "Bad"), "[budgets]\n");
    let split = removed(
        "[budgets.a]\nlimit_usd = 1\n[x]\ny = 1\n[budgets.a.z]\nw = 1\n",
        "a",
    );
    assert_eq!(split, "[x]\ny = 1\n");
}

#[test]
fn an_unknown_budget_is_told_with_its_neighbours() {
    let (_folder, path) = file(TWO);
    let error = |id: &str| remove_budget(&path, id).unwrap_err().to_string();
    assert_eq!(
        error("cleint"),
        "there is no budget 'cleint'; did you mean client?"
    );
    assert_eq!(
        error("xyzzy"),
        "there is no budget 'xyzzy'; the budgets are client, a-day"
    );
    let (_folder, path) = file("");
    let error = remove_budget(&path, "x").unwrap_err().to_string();
    assert_eq!(error, "there is no budget 'x'; there are none");
}

#[test]
fn two_writers_set_their_budgets_at_once() {
    let (_folder, path) = file(TWO);
    std::thread::scope(|scope| {
        for writer in 0..2 {
            let path = &path;
            scope.spawn(move || {
                for number in 0..15 {
                    let id = format!("w{writer}-{number}");
                    set_budget(path, &id, &limit(1.0)).unwrap();
                }
            });
        }
    });
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!(budgets(&text).len(), 32);
    assert!(text.starts_with(TWO));
}
