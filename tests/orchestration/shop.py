"""A small shop to run through Dagster: a drop folder on a real SFTP server, one program, a home.

Everything is real but small: an ephemeral Dagster instance, runs in this process.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
from dagster._core.definitions.data_version import CachingStaleStatusResolver
from dagster._core.loader import LoadingContextForTest

from loyalty_pipeline.defs.location import location
from loyalty_pipeline.defs.resources import TODAY_TAG, Loyalty
from loyalty_pipeline.demo.files import write_with_control
from loyalty_pipeline.demo.server import SftpServer
from loyalty_pipeline.warehouse.home import Home

PROGRAM = "shop"
TODAY = "2025-01-20"  # two quarters have ended: 2024-04 and 2024-07; and 2024-10
SALES = ("document_no", "document_type", "document_date", "partner_id", "distributor_id", "line_no",
         "amount")  # fmt: skip

RULES = """
program: {program}
name: Shop
currency: INR
time_zone: {zone}
fiscal_start: april
first_cycle: 2024-04
point_value: 0.50
sources:
  - id: {source}
    host: {{env: DMS_HOST}}
    port: {{env: DMS_PORT}}
    user: {{env: DMS_USER}}
    password: {{env: DMS_PASSWORD}}
    known_hosts: {{env: DMS_KNOWN_HOSTS}}
    path: /drop
    complete: {complete}
    feeds:
      sales: {{pattern: 'sales_(?P<period>\\d{{4}}-\\d{{2}})(?:_(?P<sequence>\\d+))?\\.csv'}}
      partners: {{pattern: 'partners_(?P<date>\\d{{4}}-\\d{{2}}-\\d{{2}})\\.csv'}}
      redemptions: {{pattern: 'redemptions_(?P<period>\\d{{4}}-\\d{{2}})\\.csv'}}
versions:
  - effective_from: 2024-04-01
    cycle: quarter
    slabs:
      mode: whole
      delayed_accrual: 7
      bands:
        - {{id: s1, from: 1000, to: 5000, rate: {rate}, tier: Silver}}
        - {{id: s2, from: 5000, rate: 20%, tier: Gold}}
    tiers: {{order: [Base, Silver, Gold], from: slab}}
"""
LATER_VERSION = """
  - effective_from: {day}
    cycle: {cycle}
    slabs:
      mode: whole
      delayed_accrual: 7
      bands:
        - {{id: s1, from: 1000, rate: {rate}, tier: Silver}}
    tiers: {{order: [Base, Silver, Gold], from: slab}}
"""


@dataclass
class Shop:
    """One instance of the product and of Dagster."""

    root: Path
    server: SftpServer
    instance: dg.DagsterInstance
    home: Home
    today: str = TODAY
    deliveries: int = 0
    cursors: dict[str, str | None] = field(default_factory=dict)  # of sensors, between ticks

    @property
    def programs(self) -> Path:
        return self.root / "programs"

    @property
    def folder(self) -> Path:
        return self.root / "served" / "drop"

    @property
    def defs(self) -> dg.Definitions:
        """The code location as a new process would load it."""
        return location(self.programs, self.home)

    def write_rules(
        self,
        rate: str = "10%",
        later: Mapping[str, str] | None = None,
        program: str = PROGRAM,
        source: str = "dms",
        zone: str = "Asia/Kolkata",
        complete: str = "{by: control_file}",
        cycle: str = "quarter",
        later_cycle: str = "quarter",
        redeems: bool = True,
    ) -> None:
        """The program file: `rate` of the lower slab, `later` versions by first day and rate.

        Two programs can only share a source that has no redemptions, those are of one program.
        """
        text = RULES.format(program=program, source=source, zone=zone, rate=rate, complete=complete)
        for day, other in (later or {}).items():
            version = LATER_VERSION.format(day=day, rate=other, cycle=later_cycle)
            text += version.lstrip("\n")
        text = text.replace("cycle: quarter", f"cycle: {cycle}", 1)
        if not redeems:
            text = "".join(x for x in text.splitlines(keepends=True) if "redemptions:" not in x)
        self.programs.mkdir(exist_ok=True)
        (self.programs / f"{program}.yaml").write_text(text, encoding="utf-8")

    def deliver_sales(self, name: str, *rows: str) -> None:
        """A sales file. A row is `number day partner amount`; the rest is always the same."""
        lines = []
        for row in rows:
            number, day, partner, amount = row.split()
            lines.append([number, "invoice", day, partner, "D1", "1", amount])
        self.deliver(name, SALES, lines)

    def deliver(self, name: str, columns: tuple[str, ...], rows: list[list[str]]) -> None:
        """Any file, with its control file."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.deliveries += 1
        moment = datetime(2024, 7, 1, tzinfo=UTC) + timedelta(hours=self.deliveries)
        write_with_control(self.folder / name, columns, rows, moment)

    def deliver_three_quarters(self) -> None:
        """Two partners; a sale of each in two quarters and one in the third; a redemption."""
        partners = [["P1", "One", "2024-01-01"], ["P2", "Two", "2024-01-01"]]
        self.deliver("partners_2024-04-01.csv", ("partner_id", "name", "enrolled_on"), partners)
        self.deliver_sales("sales_2024-04.csv", "A1 2024-04-10 P1 2000", "A2 2024-04-11 P2 6000")
        self.deliver_sales("sales_2024-08.csv", "B1 2024-08-10 P1 3000", "B2 2024-08-11 P2 500")
        self.deliver_sales("sales_2024-10.csv", "C1 2024-10-10 P2 1000")
        # Fits only once all three quarters are posted: 200 + 300 of P1, 1200 + 100 of P2.
        self.deliver(
            "redemptions_2025-01.csv",
            ("redemption_id", "partner_id", "redeemed_on", "points"),
            [["R1", "P1", "2025-01-20", "450"], ["R2", "P2", "2025-01-20", "5000"]],
        )

    def drop(self, *, succeeds: bool = True) -> dg.ExecuteInProcessResult:
        """Run the drop's job."""
        return self.run("drop_dms", succeeds=succeeds)

    def cycle(self, name: str) -> dg.ExecuteInProcessResult:
        """Run a cycle's job."""
        return self.run(f"cycles_{PROGRAM}", partition_key=name)

    def run(
        self,
        job: str,
        *,
        partition_key: str | None = None,
        config: Mapping[str, object] | None = None,
        succeeds: bool = True,
    ) -> dg.ExecuteInProcessResult:
        """Run a job as it is defined now, on the shop's business date."""
        result = self.defs.resolve_job_def(job).execute_in_process(
            instance=self.instance,
            partition_key=partition_key,
            run_config=config,
            tags={TODAY_TAG: self.today},
            raise_on_error=succeeds,
        )
        assert result.success == succeeds
        return result

    def tick(
        self, name: str = f"changes_{PROGRAM}", *, loaded: dg.Definitions | None = None
    ) -> dg.SensorResult:
        """One tick of a sensor, what it reports stored as the daemon does.

        `loaded`: a code location that was loaded before; else it is loaded now.
        """
        repository = (loaded or self.defs).get_repository_def()
        context = dg.build_sensor_context(
            instance=self.instance,
            repository_def=repository,
            cursor=self.cursors.get(name),
            resources={
                "loyalty": Loyalty(
                    home=str(self.home.root), programs=str(self.programs), today=self.today
                )
            },
        )
        found = repository.get_sensor_def(name).evaluate_tick(context)
        for event in found.asset_events:
            self.instance.report_runless_asset_event(event)
        self.cursors[name] = found.cursor
        return found

    def stale(self) -> dict[str, list[str]]:
        """Per table of the program: the materialised partitions that Dagster shows as stale."""
        graph = self.defs.resolve_asset_graph()
        resolver = CachingStaleStatusResolver(
            self.instance, graph, LoadingContextForTest(self.instance)
        )
        found: dict[str, list[str]] = {}
        for key in graph.materializable_asset_keys:
            partitions = graph.get(key).partitions_def
            names = partitions.get_partition_keys()[:12] if partitions else [None]
            stale = [str(n) for n in names if resolver.get_status(key, n).value == "STALE"]
            if stale:
                found["/".join(key.path)] = stale
        return found

    def shown(self, table: str, partition: str) -> dict[str, object]:
        """The metadata of the latest materialisation of a partition, as plain values."""
        records = self.instance.fetch_materializations(
            dg.AssetRecordsFilter(
                dg.AssetKey([PROGRAM, table] if "/" not in table else table.split("/")),
                asset_partitions=[partition],
            ),
            limit=1,
        ).records
        materialization = records[0].asset_materialization
        assert materialization is not None
        return {name: value.value for name, value in materialization.metadata.items()}


@contextmanager
def shop(root: Path, instance: dg.DagsterInstance | None = None) -> Iterator[Shop]:
    """A shop with rules and an empty drop folder; the environment says where its server is."""
    (root / "served" / "drop").mkdir(parents=True)
    before = dict(os.environ)
    kept = str(root / "dagster")
    Path(kept).mkdir()
    with (
        SftpServer(root / "served", writable=("rejects",)) as server,
        dg.DagsterInstance.ephemeral(tempdir=kept) if instance is None else instance as used,
    ):
        os.environ.update(
            DMS_HOST="127.0.0.1",
            DMS_PORT=str(server.port),
            DMS_USER=server.user,
            DMS_PASSWORD=server.password,
            DMS_KNOWN_HOSTS=str(server.write_known_hosts(root / "known_hosts")),
        )
        found = Shop(root, server, used, Home(root / "home"))
        found.write_rules()
        try:
            yield found
        finally:
            os.environ.clear()
            os.environ.update(before)


def metadata_of(result: dg.ExecuteInProcessResult, table: str) -> dict[str, object]:
    """What a run's own materialisation of a table shows, as plain values."""
    for event in result.get_asset_materialization_events():
        materialization = event.step_materialization_data.materialization
        if materialization.asset_key.path[-1] == table:
            return {name: value.value for name, value in materialization.metadata.items()}
    raise AssertionError(f"the run materialised no {table}")


def reported(result: dg.ExecuteInProcessResult) -> list[tuple[str, str | None]]:
    """Table and partition of every materialisation of a run, in order."""
    return [
        (event.step_materialization_data.materialization.asset_key.path[-1], event.partition)
        for event in result.get_asset_materialization_events()
    ]


def answers(result: dg.ExecuteInProcessResult) -> dict[str, dg.AssetCheckEvaluation]:
    """The checks of a run by name."""
    return {found.check_name: found for found in result.get_asset_check_evaluations()}
