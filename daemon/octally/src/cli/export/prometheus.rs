// SPDX-License-Identifier: GPL-3.0-or-later
//! Sums in Prometheus' text format, for the textfile collector of node_exporter.
//!
//! The format: <https://prometheus.io/docs/instrumenting/exposition_formats/>. No instants beside the
//! samples: the collector refuses them.

use std::io::{self, Write};

use octally_core::rollup::HostUsage;
use octally_core::wire::CostRow;

/// What is told besides the sums.
#[derive(Clone, Copy, Debug)]
pub struct Age {
    /// Whether everything that OpenCode wrote has been read.
    pub is_fresh: bool,
    /// Now, Unix milliseconds.
    pub now_ms: i64,
}

/// Writes every metric.
pub fn write(out: &mut dyn Write, sums: &[HostUsage], age: Age) -> io::Result<()> {
    let version = [("version", env!("CARGO_PKG_VERSION"))];
    head(out, "octally_info", "gauge", "The version that wrote this.")?;
    sample(out, "octally_info", &version, "1")?;
    head(
        out,
        "octally_fresh",
        "gauge",
        "1 when everything that OpenCode wrote has been read, else 0.",
    )?;
    sample(
        out,
        "octally_fresh",
        &[],
        if age.is_fresh { "1" } else { "0" },
    )?;
    let updated = "octally_updated_timestamp_seconds";
    head(out, updated, "gauge", "When these figures were read.")?;
    sample(out, updated, &[], &(age.now_ms as f64 / 1000.0).to_string())?;
    steps(out, sums)?;
    tokens(out, sums)?;
    costs(out, sums)
}

fn steps(out: &mut dyn Write, sums: &[HostUsage]) -> io::Result<()> {
    head(
        out,
        "octally_steps_total",
        "counter",
        "Answered model calls.",
    )?;
    for sum in sums {
        let steps = sum.usage.steps.to_string();
        sample(out, "octally_steps_total", &labels(sum), &steps)?;
    }
    let name = "octally_unpriced_steps_total";
    head(
        out,
        name,
        "counter",
        "Model calls with tokens and no known price.",
    )?;
    for sum in sums {
        let unpriced = sum.usage.cost.unpriced_steps.to_string();
        sample(out, name, &labels(sum), &unpriced)?;
    }
    Ok(())
}

fn tokens(out: &mut dyn Write, sums: &[HostUsage]) -> io::Result<()> {
    let name = "octally_tokens_total";
    head(
        out,
        name,
        "counter",
        "Tokens by kind. The kinds do not overlap.",
    )?;
    for sum in sums {
        let tokens = &sum.usage.tokens;
        for (kind, count) in [
            ("input", tokens.input),
            ("output", tokens.output),
            ("reasoning", tokens.reasoning),
            ("cache_read", tokens.cache_read),
            ("cache_write", tokens.cache_write),
        ] {
            let [host, provider, model] = labels(sum);
            let labels = [host, provider, model, ("kind", kind)];
            sample(out, name, &labels, &count.to_string())?;
        }
    }
    Ok(())
}

/// Billed and estimated stay apart; an unknown estimate has no sample, which is not 0.
fn costs(out: &mut dyn Write, sums: &[HostUsage]) -> io::Result<()> {
    let name = "octally_cost_usd_total";
    let help = "US dollars: billed is what OpenCode stored, estimated the list price of what it stored at 0.";
    head(out, name, "counter", help)?;
    for sum in sums {
        let cost = CostRow::from(&sum.usage.cost);
        let amounts = [
            ("billed", Some(cost.billed_usd)),
            ("estimated", cost.estimated_usd),
        ];
        for (basis, usd) in amounts {
            let [host, provider, model] = labels(sum);
            let labels = [host, provider, model, ("basis", basis)];
            if let Some(usd) = usd {
                sample(out, name, &labels, &usd.to_string())?;
            }
        }
    }
    Ok(())
}

fn labels(sum: &HostUsage) -> [(&'static str, &str); 3] {
    let name = &sum.usage.name;
    [
        ("host", &sum.host),
        ("provider", &name.provider),
        ("model", &name.model),
    ]
}

fn head(out: &mut dyn Write, name: &str, kind: &str, help: &str) -> io::Result<()> {
    writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}")
}

fn sample(out: &mut dyn Write, name: &str, labels: &[(&str, &str)], value: &str) -> io::Result<()> {
    let label = |(name, value): &(&str, &str)| format!("{name}=\"{}\"", escaped(value));
    let labels: Vec<String> = labels.iter().map(label).collect();
    if labels.is_empty() {
        return writeln!(out, "{name} {value}");
    }
    writeln!(out, "{name}{{{}}} {value}", labels.join(","))
}

/// A label's value: backslash, quote and line feed are the three that the format escapes.
fn escaped(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_escaped_as_the_format_says() {
        assert_eq!(escaped("a\\b\"c\nd{e},f"), "a\\\\b\\\"c\\nd{e},f");
        let mut text = Vec::new();
        sample(&mut text, "m", &[("a", "x\"y")], "1").unwrap();
        assert_eq!(text, b"m{a=\"x\\\"y\"} 1\n");
    }
}
