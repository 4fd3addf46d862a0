# SPDX-License-Identifier: GPL-3.0-or-later
"""Prometheus text, by Prometheus' own Python parser; OTLP, by OpenTelemetry's own messages; CSV, by Python's."""

import csv
import io
import json
import sqlite3
import unittest

from home import InHome

try:
    from prometheus_client import parser
except ImportError:
    parser = None

try:
    from google.protobuf import json_format
    from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2 as otlp
except ImportError:
    otlp = None

ODD = 'a"b\\c\nd{e},f=g'
KINDS = ("input", "output", "reasoning", "cache_read", "cache_write")


class Metrics(InHome):
    def report(self):
        return json.loads(self.run_octally("report", "model", "--json"))

    def rename_models(self, name):
        with sqlite3.connect(self.data / "opencode.db") as database:
            database.execute("UPDATE message SET data = json_set(data, '$.modelID', ?)", (name,))

    @unittest.skipIf(parser is None, "python3-prometheus-client is not here")
    def test_prometheus_reads_what_the_report_says(self):
        self.rename_models(ODD)
        text = self.run_octally("export", "prometheus")
        families = {family.name: family for family in parser.text_string_to_metric_families(text)}
        kinds = {name: (family.type, bool(family.documentation)) for name, family in families.items()}
        gauges = ("octally_info", "octally_fresh", "octally_updated_timestamp_seconds")
        counters = ("octally_steps", "octally_unpriced_steps", "octally_tokens", "octally_cost_usd")
        self.assertEqual(kinds, {**dict.fromkeys(gauges, ("gauge", True)), **dict.fromkeys(counters, ("counter", True))})
        totals = self.report()["totals"]
        tokens = families["octally_tokens"].samples
        for kind in KINDS:
            found = sum(sample.value for sample in tokens if sample.labels["kind"] == kind)
            self.assertEqual(found, totals["tokens"][kind])
        self.assertEqual({sample.labels["model"] for sample in tokens}, {ODD})
        billed = [s.value for s in families["octally_cost_usd"].samples if s.labels["basis"] == "billed"]
        self.assertAlmostEqual(sum(billed), totals["cost"]["billed_usd"], places=9)
        self.assertEqual(families["octally_fresh"].samples[0].value, 1)

    @unittest.skipIf(otlp is None, "opentelemetry-proto is not here: pip install opentelemetry-proto")
    def test_an_opentelemetry_collector_would_take_the_line(self):
        self.rename_models(ODD)
        line = self.run_octally("export", "otlp")
        request = json_format.Parse(line, otlp.ExportMetricsServiceRequest())  # refuses every key that it does not know
        metrics = {metric.name: metric for metric in request.resource_metrics[0].scope_metrics[0].metrics}
        tokens = self.report()["totals"]["tokens"]
        context = tokens["input"] + tokens["cache_read"] + tokens["cache_write"]
        points = metrics["gen_ai.client.inference.usage.input_tokens"].sum.data_points
        self.assertEqual(sum(point.as_int for point in points), context)
        attributes = {attribute.key: attribute.value.string_value for attribute in points[0].attributes}
        self.assertEqual(attributes["gen_ai.request.model"], ODD)
        histogram = metrics["gen_ai.client.token.usage"].histogram.data_points[0]
        self.assertEqual(sum(histogram.bucket_counts), histogram.count)

    def test_csv_reads_what_the_report_says(self):
        self.rename_models(ODD)
        rows = list(csv.DictReader(io.StringIO(self.run_octally("export"), newline="")))
        totals = self.report()["totals"]
        for kind in (*KINDS, "fresh", "total"):
            self.assertEqual(sum(int(row[kind]) for row in rows), totals["tokens"][kind])
        self.assertEqual({row["model"] for row in rows}, {ODD})
        self.assertEqual(len(rows), totals["steps"])


if __name__ == "__main__":
    unittest.main()
