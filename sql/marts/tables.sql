-- The native tables of the published file (SPEC 8), and the schema of views over files.
-- Grain and meaning of each: comments.sql, which readers see with their DuckDB client.
-- Run once, when a file is made from nothing.
create schema work;

-- What this file was built with; another value, or another place, means: build it anew.
create table work.publication (format varchar not null, root varchar not null);

-- Which sources a program reads, and whether one of them brings partners.
create table work.program_sources (program varchar not null, scope varchar not null);
create table work.program_settings (
    program varchar primary key,
    before_enrolment varchar not null,
    has_partner_feed boolean not null
);

-- Every promoted file that a view reads, by absolute path as `filename` has it.
create table work.files (
    path varchar not null, scope varchar not null, table_name varchar not null,
    partition varchar not null
);

-- The month to cycle calendar of each program, with what its rules say about returns.
create table work.cycle_months (
    program varchar not null, month varchar not null, cycle varchar not null,
    restate varchar not null
);

-- The tiers of each cycle's rules, with what reaches them and the next one.
create table work.tier_aims (
    program varchar not null, cycle varchar not null, tier varchar not null,
    starts_at decimal(18, 3), next_tier varchar, next_at decimal(18, 3),
    measured varchar not null, window_from varchar
);

create table journal_heads (
    scope varchar primary key, number bigint not null, sha256 varchar not null
);

create table programs (
    program varchar primary key, name varchar, currency varchar, point_value decimal(18, 6),
    cycle_length varchar, first_cycle varchar, business_date date
);

create table point_values (
    program varchar not null, valid_from date, valid_to date,
    point_value decimal(18, 6) not null
);

create table cycles (
    program varchar not null, cycle varchar not null, starts_on date not null,
    ends_on date not null, state varchar not null, rules_version varchar, rules_hash varchar,
    posted_at timestamp,
    primary key (program, cycle)
);

create table rule_versions (
    program varchar not null, effective_from date not null, rules_version varchar not null,
    rules_hash varchar not null, published_at timestamp not null, author varchar,
    approver varchar, reason varchar, replaced_at timestamp, commit_number bigint not null
);

create table ledger_entries (
    entry_id bigint not null, batch_id bigint not null, seq bigint not null,
    program varchar not null, partner_id varchar not null, cycle varchar not null,
    kind varchar not null, from_account varchar not null, to_account varchar not null,
    points decimal(18, 3) not null, event_date date not null, effective_date date not null,
    book_date date not null, posted_at timestamp not null, allocation_key varchar not null,
    reason varchar, rules_version varchar, run_id varchar not null, accrual_date date,
    posted_on date not null,
    primary key (program, entry_id)
);

create table partner_balances (
    program varchar not null, partner_id varchar not null, promised decimal(18, 3) not null,
    current decimal(18, 3) not null, total decimal(18, 3) not null
);

create table tier_history (
    program varchar not null, partner_id varchar not null, tier varchar not null,
    valid_from date not null, valid_to date, reason varchar not null,
    known_from timestamp not null, known_to timestamp
);

create table liability_daily (
    program varchar not null, date date not null, tier varchar, promised decimal(18, 3) not null,
    current decimal(18, 3) not null, receivable decimal(18, 3) not null,
    value decimal(18, 2), receivable_value decimal(18, 2)
);

create table landed_files (
    file_id varchar not null, source varchar not null, remote_name varchar not null,
    feed varchar not null, size bigint not null, landed_at timestamp not null,
    status varchar not null, rows_in bigint, rows_staged bigint, rows_quarantined bigint,
    rows_superseded bigint, file_date date not null, vouched_by varchar not null,
    reasons varchar, replaced_by varchar, arrival_id varchar not null, file_rank bigint not null,
    period varchar, distributor varchar, rows_healed bigint not null,
    control_rows bigint, control_amount decimal(18, 3), amount_in decimal(18, 3),
    amount_staged decimal(18, 3), amount_quarantined decimal(18, 3),
    amount_superseded decimal(18, 3), returns_signed varchar not null
);

create table coverage (
    source varchar not null, feed varchar not null, period varchar, distributor varchar,
    sequence bigint, expected_by date, status varchar not null, file_id varchar,
    remote_name varchar, blocks date
);

-- Redemptions that were refused, with their lines as they came; part of quarantine.
create table work.refused_redemptions (
    program varchar not null, source varchar, file_id varchar not null, line_no bigint not null,
    reasons varchar not null, raw varchar, detail varchar not null
);

-- Filled by parts of the product that come later; here so that nothing built on them breaks.
create table lots (
    program varchar not null, partner_id varchar not null, lot_id bigint not null,
    allocation_key varchar not null, awarded_date date not null, expires_on date,
    points decimal(18, 3) not null, remaining decimal(18, 3) not null
);
create table lot_uses (
    program varchar not null, entry_id bigint not null, lot_id bigint not null,
    points decimal(18, 3) not null
);
