-- What every table and column means, for people who explore the file with their own client:
-- `select table_name, comment from duckdb_tables() union all select view_name, comment from duckdb_views()`,
-- `describe` and `select column_name, comment from duckdb_columns()` show it.

comment on view billing_transactions is
    'Every document of the program''s sources that is in force, and every version another file superseded';
comment on column billing_transactions.program is 'Program';
comment on column billing_transactions.partner_id is
    'Partner in whose sales the document is: for a referenced return that of its original, for a merged partner the one it has become';
comment on column billing_transactions.document_no is
    'Number of the document, unique per distributor, type and fiscal year';
comment on column billing_transactions.document_type is
    'invoice, return, credit_note, cancellation, or claim (an uploaded invoice)';
comment on column billing_transactions.document_date is 'Business date of the document';
comment on column billing_transactions.distributor_id is 'Distributor who issued it';
comment on column billing_transactions.distributor_name is
    'Name of the distributor, if its feed came';
comment on column billing_transactions.amount is 'Amount as delivered; returns are negative';
comment on column billing_transactions.net_amount is
    'What it adds to the net sales of its cycle if its status is counted';
comment on column billing_transactions.status is
    'counted, parked, unmatched, before_enrolment, inactive, before_program, superseded or removed; claims also submitted or rejected';
comment on column billing_transactions.cycle is
    'Cycle of the document date; null before the first cycle';
comment on column billing_transactions.source is 'Source that delivered it';
comment on column billing_transactions.fiscal_year is
    'Calendar year in which the fiscal year of the date starts';
comment on column billing_transactions.document_partner_id is 'Partner the document itself names';
comment on column billing_transactions.store_id is 'Store, where the source says';
comment on column billing_transactions.original_document_no is 'Invoice a return refers to';
comment on column billing_transactions.original_date is
    'Date of that invoice; null while it has not come';
comment on column billing_transactions.taken is 'What a return took of its invoice';
comment on column billing_transactions.line_count is 'Lines of the document';
comment on column billing_transactions.superseded_file_id is
    'File that delivered a superseded version';
comment on column billing_transactions.claim_id is 'Claim, for uploaded invoices';
comment on column billing_transactions.reason is
    'In words: why it does not count, or whose it is';

comment on view monthly_sales is
    'Net sales by partner and month, with at least one counted document';
comment on column monthly_sales.program is 'Program';
comment on column monthly_sales.month is 'Month, like 2025-04';
comment on column monthly_sales.partner_id is 'Partner';
comment on column monthly_sales.net_sales is 'Counted sales net of returns';
comment on column monthly_sales.documents is 'Documents of any type whose amounts are in net_sales';

comment on view cycle_sales is
    'Net sales by partner and cycle, with at least one counted document';
comment on column cycle_sales.program is 'Program';
comment on column cycle_sales.cycle is 'Cycle, named by its first month';
comment on column cycle_sales.partner_id is 'Partner';
comment on column cycle_sales.net_sales is 'Counted sales net of returns';
comment on column cycle_sales.documents is 'Documents of any type whose amounts are in net_sales';

comment on view slab_assignments is
    'The slab and tier each partner''s cycle earned, or would earn as it stands while it is open';
comment on column slab_assignments.program is 'Program';
comment on column slab_assignments.cycle is 'Cycle, named by its first month';
comment on column slab_assignments.partner_id is 'Partner';
comment on column slab_assignments.net_sales is 'Net sales that the main slab table counts';
comment on column slab_assignments.slab is 'Slab reached; null below the first one';
comment on column slab_assignments.rate is 'Rate of the slab as a fraction: 0.002 is 0.2%';
comment on column slab_assignments.tier is 'Tier the cycle earned';
comment on column slab_assignments.slab_cap is 'Most points the slab gives a partner in a cycle';
comment on column slab_assignments.next_slab is 'Nearest higher slab';
comment on column slab_assignments.gap_to_next_slab is 'Sales missing to it';
comment on column slab_assignments.points_at_next_slab is 'What reaching it exactly would pay';
comment on column slab_assignments.next_tier is
    'Next tier above the one the cycle earns; null at the top';
comment on column slab_assignments.gap_to_next_tier is
    'What is missing to it, in what earns tiers: sales or points';

comment on table tier_history is
    'Tiers by the days they are in force and by when that was known';
comment on column tier_history.program is 'Program';
comment on column tier_history.partner_id is 'Partner';
comment on column tier_history.tier is 'Tier in force';
comment on column tier_history.valid_from is 'First day in force';
comment on column tier_history.valid_to is 'First day no longer in force; null while open';
comment on column tier_history.reason is 'Why, in words';
comment on column tier_history.known_from is 'Posting time (UTC) from which this was known';
comment on column tier_history.known_to is
    'Posting time from which something else was known; null for what is known now';

comment on view partners is
    'The partners feed with its history by file date';
comment on column partners.program is 'Program';
comment on column partners.partner_id is 'Partner';
comment on column partners.valid_from is 'Date of the file that said so';
comment on column partners.valid_to is 'Date of the file that said otherwise; null for the latest';
comment on column partners.name is 'Name';
comment on column partners.enrolled_on is 'Enrolment date';
comment on column partners.status is 'active or inactive';

comment on view distributors is
    'The distributors feed, latest file';
comment on column distributors.program is 'Program';
comment on column distributors.distributor_id is 'Distributor';
comment on column distributors.name is 'Name';
comment on column distributors.source is 'Source';

comment on view accrual_releases is
    'Promised points that became current';
comment on column accrual_releases.program is 'Program';
comment on column accrual_releases.partner_id is 'Partner';
comment on column accrual_releases.allocation_key is 'Award they belong to';
comment on column accrual_releases.points is 'Points released';
comment on column accrual_releases.accrual_date is 'Day they were due';
comment on column accrual_releases.awarded_date is
    'Day they became current: the accrual date, or the posting date of the promise if that was later';
comment on column accrual_releases.cycle is 'Cycle of the award';
comment on column accrual_releases.entry_id is 'Ledger entry';
comment on column accrual_releases.posted_at is 'Posting time (UTC)';

comment on table ledger_entries is
    'The ledger, append-only: each entry moves a positive number of points between two accounts';
comment on column ledger_entries.entry_id is
    'Commit number times 1,000,000,000 plus line; unique in a program';
comment on column ledger_entries.batch_id is 'Commit of the journal';
comment on column ledger_entries.seq is 'Running number without gaps in a program';
comment on column ledger_entries.program is 'Program';
comment on column ledger_entries.partner_id is 'Partner';
comment on column ledger_entries.cycle is 'Cycle the entry belongs to';
comment on column ledger_entries.kind is
    'award, promise, release, reversal, redemption, redemption_reversal';
comment on column ledger_entries.from_account is
    'Account the points leave: issued, promised, current, redeemed';
comment on column ledger_entries.to_account is 'Account they go to';
comment on column ledger_entries.points is 'Points, always positive';
comment on column ledger_entries.event_date is 'Date of the fact';
comment on column ledger_entries.effective_date is
    'Day the points move in the partner''s account; balances and statements go by it';
comment on column ledger_entries.book_date is
    'Day finance books them; liability and roll-forward go by it';
comment on column ledger_entries.posted_at is 'Posting time (UTC)';
comment on column ledger_entries.allocation_key is
    'Business fact the entry is about: cycle/slabs, redemption/id';
comment on column ledger_entries.reason is 'Why, in words';
comment on column ledger_entries.rules_version is 'Version of the rules that made it';
comment on column ledger_entries.run_id is 'Run that posted it';
comment on column ledger_entries.accrual_date is 'When promised points become current';
comment on column ledger_entries.posted_on is 'Business date of posting';

comment on view account_statement is
    'Every move of a partner''s current points with the running balance; promised points appear when released';
comment on column account_statement.program is 'Program';
comment on column account_statement.partner_id is 'Partner';
comment on column account_statement.entry_date is 'Day the points moved';
comment on column account_statement.description is 'What happened, in words';
comment on column account_statement.credit is 'Points in';
comment on column account_statement.debit is 'Points out';
comment on column account_statement.balance is 'Current points after the entry';
comment on column account_statement.kind is 'Kind of entry';
comment on column account_statement.cycle is 'Cycle';
comment on column account_statement.allocation_key is 'Business fact';
comment on column account_statement.event_date is 'Date of the fact';
comment on column account_statement.posted_at is 'Posting time (UTC)';
comment on column account_statement.entry_id is 'Ledger entry';
comment on column account_statement.seq is 'Order of posting';

comment on table partner_balances is
    'Points of each partner now';
comment on column partner_balances.program is 'Program';
comment on column partner_balances.partner_id is 'Partner';
comment on column partner_balances.promised is 'Points promised, not to be spent yet';
comment on column partner_balances.current is
    'Points that can be spent; negative if more was taken back than was left';
comment on column partner_balances.total is 'promised + current';

comment on view partner_summary is
    'One line a partner and cycle: sales, slab, tier, points, and what is missing to the next slab';
comment on column partner_summary.program is 'Program';
comment on column partner_summary.cycle is 'Cycle';
comment on column partner_summary.partner_id is 'Partner';
comment on column partner_summary.net_sales is 'Net sales of the cycle';
comment on column partner_summary.slab is 'Slab reached';
comment on column partner_summary.tier is
    'Tier the cycle earned, or would earn; where its own sales earn tiers, without any the one in force at its end';
comment on column partner_summary.points is
    'Points posted for the cycle, campaigns and corrections included, less what was forfeited';
comment on column partner_summary.projected_points is
    'What the open cycle will pay besides when it ends, as it stands; 0 once posted';
comment on column partner_summary.next_slab is 'Nearest higher slab';
comment on column partner_summary.gap_to_next_slab is 'Sales missing to it';
comment on column partner_summary.points_at_next_slab is 'What reaching it exactly would pay';
comment on column partner_summary.next_tier is
    'Next tier above the one the cycle earns; null at the top';
comment on column partner_summary.gap_to_next_tier is
    'What is missing to it, in what earns tiers: sales or points';
comment on column partner_summary.cycle_state is 'closed (posted) or open (projected)';

comment on view leaderboard is
    'Partners of a cycle ranked inside their tier by points, then sales';
comment on column leaderboard.program is 'Program';
comment on column leaderboard.cycle is 'Cycle';
comment on column leaderboard.tier is
    'Tier the cycle earned, or would earn; where its own sales earn tiers, without any the one in force at its end';
comment on column leaderboard.rank is 'Rank; ties share one';
comment on column leaderboard.partner_id is 'Partner';
comment on column leaderboard.net_sales is 'Net sales of the cycle';
comment on column leaderboard.points is
    'Points posted, and while the cycle is open also those projected';
comment on column leaderboard.is_provisional is 'The cycle is open';

comment on table lots is
    'Lots of points (filled once lots are kept)';
comment on column lots.program is 'Program';
comment on column lots.partner_id is 'Partner';
comment on column lots.lot_id is 'Lot';
comment on column lots.allocation_key is 'Award it came from';
comment on column lots.awarded_date is 'Day the points became current';
comment on column lots.expires_on is 'Last day they can be spent';
comment on column lots.points is 'Points of the lot';
comment on column lots.remaining is 'What is left of them';

comment on table lot_uses is
    'Which lots a debit consumed (filled once lots are kept)';
comment on column lot_uses.program is 'Program';
comment on column lot_uses.entry_id is 'Ledger entry';
comment on column lot_uses.lot_id is 'Lot';
comment on column lot_uses.points is 'Points taken from it';

comment on table liability_daily is
    'Liability at the end of every date on which it changed, by book date and as known now';
comment on column liability_daily.program is 'Program';
comment on column liability_daily.date is 'End of this date';
comment on column liability_daily.tier is 'Tier in force on that date';
comment on column liability_daily.promised is 'Promised points';
comment on column liability_daily.current is 'Sum of positive current balances';
comment on column liability_daily.receivable is
    'Sum of negative current balances, as a positive number';
comment on column liability_daily.value is '(promised + current) x the point value of the date';
comment on column liability_daily.receivable_value is 'receivable x the point value of the date';

comment on view liability_rollforward is
    'What moved liability, month by month';
comment on column liability_rollforward.program is 'Program';
comment on column liability_rollforward.period is 'Month of the book date';
comment on column liability_rollforward.bucket is 'promised or current';
comment on column liability_rollforward.opening is 'Points at the beginning';
comment on column liability_rollforward.earned is 'Awards and promises';
comment on column liability_rollforward.released is 'Out of promised, into current';
comment on column liability_rollforward.redeemed is 'Redemptions less their reversals';
comment on column liability_rollforward.expired is 'Expired and forfeited';
comment on column liability_rollforward.clawed_back is 'Taken back by corrections';
comment on column liability_rollforward.adjusted is 'Adjustments, transfers and leakage';
comment on column liability_rollforward.closing is
    'opening + all movements; in bucket current negative balances are included';

comment on view outbox is
    'Messages that events sent or will send; texts name partners and are shown as they are';
comment on column outbox.program is 'Program';
comment on column outbox.partner_id is 'Partner';
comment on column outbox.event is 'Event that asked for it';
comment on column outbox.channel is 'sms, email, push or wechat';
comment on column outbox.template is 'Message of the rules';
comment on column outbox.text is 'Text as it is sent: personal data, not masked';
comment on column outbox.created_on is 'Day on which it was written';
comment on column outbox.status is
    'pending, sent, or withdrawn since its event no longer asks for it';
comment on column outbox.subject is 'Subject of an e-mail';
comment on column outbox.language is 'Language of the text';
comment on column outbox.sent_on is 'Day on which it was sent';
comment on column outbox.rule is 'Rule that asked for it';
comment on column outbox.event_key is 'Which event it was';

comment on view coupons is
    'Coupons that events were given; no code is issued twice';
comment on column coupons.program is 'Program';
comment on column coupons.partner_id is 'Partner';
comment on column coupons.code is 'Code; empty while the pool has none left, or once the coupon ended';
comment on column coupons.event is 'Event that asked for it';
comment on column coupons.issued_on is 'Day on which the code was issued';
comment on column coupons.valid_until is 'Last day on which it is valid';
comment on column coupons.status is
    'issued, no_code (the pool has none left), ended (its last day was before it could be issued), or withdrawn since its event no longer asks for it';
comment on column coupons.coupon is 'Coupon of the rules';
comment on column coupons.rule is 'Rule that asked for it';
comment on column coupons.event_key is 'Which event it was';

comment on table landed_files is
    'Every file that arrived, and what became of its rows';
comment on column landed_files.file_id is 'SHA-256 of the bytes';
comment on column landed_files.source is 'Source';
comment on column landed_files.remote_name is 'Name on the server';
comment on column landed_files.feed is 'Feed';
comment on column landed_files.size is 'Bytes';
comment on column landed_files.landed_at is 'When it was fetched (UTC)';
comment on column landed_files.status is
    'counted, refused, waiting, duplicate, or superseded when no row of it counts any more';
comment on column landed_files.rows_in is 'Data rows; = staged + quarantined + superseded';
comment on column landed_files.rows_staged is 'Rows that count';
comment on column landed_files.rows_quarantined is 'Rows in quarantine; all of a refused file';
comment on column landed_files.rows_superseded is
    'Rows repeated in the file, or of documents another file''s version replaced';
comment on column landed_files.file_date is 'Date the file is of';
comment on column landed_files.vouched_by is 'What said the file was complete';
comment on column landed_files.reasons is 'Why it was refused, and what to do';
comment on column landed_files.replaced_by is 'A later file of the same name that was staged';
comment on column landed_files.arrival_id is 'Identity of the arrival';
comment on column landed_files.file_rank is 'Order that decides which of two versions is later';
comment on column landed_files.period is 'Month it covers, by its name or control file';
comment on column landed_files.distributor is
    'Distributor whose rows it holds, by its name or control file';
comment on column landed_files.rows_healed is
    'Of the quarantined rows, those about which a later file brought a good row';
comment on column landed_files.control_rows is 'Rows the control file says';
comment on column landed_files.control_amount is 'Total the control file says';
comment on column landed_files.amount_in is
    'Total as the file writes it; = staged + quarantined + superseded';
comment on column landed_files.amount_staged is 'Total of rows that count';
comment on column landed_files.amount_quarantined is 'Total of rows in quarantine';
comment on column landed_files.amount_superseded is 'Total of superseded rows';
comment on column landed_files.returns_signed is 'Whether its returns are written negative or positive';

comment on view reconciliation is
    'Each file from what was declared to what counts in a program, in rows and money as it writes it';
comment on column reconciliation.program is 'Program';
comment on column reconciliation.source is 'Source';
comment on column reconciliation.feed is 'Feed';
comment on column reconciliation.period is 'Month the file covers, if it says';
comment on column reconciliation.distributor is 'Distributor whose rows it holds, if it says';
comment on column reconciliation.file_id is 'SHA-256 of the bytes';
comment on column reconciliation.remote_name is 'Name on the server';
comment on column reconciliation.landed_at is 'When it was fetched (UTC)';
comment on column reconciliation.vouched_by is 'What said the file was complete';
comment on column reconciliation.status is 'As in landed_files';
comment on column reconciliation.size is 'Bytes, on the server and landed';
comment on column reconciliation.control_rows is 'Rows the control file says';
comment on column reconciliation.rows_in is 'Rows that came; = staged + quarantined + superseded';
comment on column reconciliation.rows_staged is 'Rows in force; = counted + waiting';
comment on column reconciliation.rows_quarantined is 'Rows in quarantine';
comment on column reconciliation.rows_superseded is 'Rows another version replaced';
comment on column reconciliation.rows_healed is 'Of the quarantined rows, those corrected since';
comment on column reconciliation.rows_counted is 'Rows of documents that count in the program';
comment on column reconciliation.rows_waiting is
    'Rows of documents that do not count now: parked, unmatched and so on';
comment on column reconciliation.control_amount is 'Total the control file says';
comment on column reconciliation.amount_in is 'Total that came';
comment on column reconciliation.amount_staged is 'Total in force';
comment on column reconciliation.amount_quarantined is 'Total in quarantine';
comment on column reconciliation.amount_superseded is 'Total superseded';
comment on column reconciliation.amount_counted is 'Total that counts';
comment on column reconciliation.amount_waiting is 'Total in force that does not count now';
comment on column reconciliation.agrees is
    'What came is what was declared, and all of it is accounted for';

comment on view reconciliation_by_period is
    'Sales of each month of document dates, from staged to counted, in rows and money';
comment on column reconciliation_by_period.program is 'Program';
comment on column reconciliation_by_period.source is 'Source';
comment on column reconciliation_by_period.period is 'Month of the document dates';
comment on column reconciliation_by_period.rows_staged is 'Rows in force; = counted + waiting';
comment on column reconciliation_by_period.rows_held is 'Rows of documents in quarantine';
comment on column reconciliation_by_period.rows_superseded is 'Rows another version replaced';
comment on column reconciliation_by_period.rows_counted is 'Rows of documents that count';
comment on column reconciliation_by_period.rows_waiting is 'Rows of documents that do not count now';
comment on column reconciliation_by_period.amount_staged is 'Total in force';
comment on column reconciliation_by_period.amount_held is 'Total in quarantine';
comment on column reconciliation_by_period.amount_superseded is 'Total superseded';
comment on column reconciliation_by_period.amount_counted is 'Total that counts';
comment on column reconciliation_by_period.amount_waiting is 'Total in force that does not count now';
comment on column reconciliation_by_period.net_counted is 'What counted documents add to net sales';
comment on column reconciliation_by_period.agrees is 'Every staged document stands somewhere, once';

comment on view quarantine is
    'Rows that do not count with every reason, and files refused whole (without a line number)';
comment on column quarantine.file_id is 'SHA-256 of the file''s bytes';
comment on column quarantine.line_no is
    'Line in the file, the header being 1; null for a whole file';
comment on column quarantine.feed is 'Feed';
comment on column quarantine.reasons is 'Every reason, joined with commas';
comment on column quarantine.raw is 'The line as it came';
comment on column quarantine.subject is 'What the row is about, if that can be told';
comment on column quarantine.status is
    'open; waiting (counts by itself from its date, or once approved); healed (a later file brought a good row about its subject); replaced or redelivered (a later file of the same name was staged)';
comment on column quarantine.source is 'Source';
comment on column quarantine.remote_name is 'Name of the file on the server';
comment on column quarantine.program is 'Program that refused a redemption';
comment on column quarantine.detail is 'For a redemption: what was asked and the balance it met';

comment on table rule_versions is
    'Every version of the rules ever published';
comment on column rule_versions.program is 'Program';
comment on column rule_versions.effective_from is 'First day of these rules';
comment on column rule_versions.rules_version is 'Name of the version';
comment on column rule_versions.rules_hash is
    'Hash that allocations of cycles governed by it alone carry';
comment on column rule_versions.published_at is 'When it was published (UTC)';
comment on column rule_versions.author is 'Who wrote it';
comment on column rule_versions.approver is 'Who approved it';
comment on column rule_versions.reason is 'Why';
comment on column rule_versions.replaced_at is
    'When a later publication of the same date replaced it; null while it counts';
comment on column rule_versions.commit_number is 'Commit of the journal';

comment on table coverage is
    'Files that sources should have delivered, as of the last run: which have come, which are missing';
comment on column coverage.source is 'Source';
comment on column coverage.feed is 'Feed';
comment on column coverage.period is 'Month the file covers, like 2025-04';
comment on column coverage.distributor is
    'Whose file it is; null if one file covers every distributor';
comment on column coverage.sequence is
    'Number of the file where numbers have no gaps; null for the file a period should have';
comment on column coverage.expected_by is 'From this day on it is overdue; null for numbers';
comment on column coverage.status is 'arrived, missing, overdue, refused or waiting (for approval)';
comment on column coverage.file_id is 'SHA-256 of the bytes of the file that came';
comment on column coverage.remote_name is 'Name of the file that came';
comment on column coverage.blocks is
    'Cycles that are not closed and start on or before this day wait for it: those that hold its period, or, for a number, all; null if none waits';

comment on table journal_heads is
    'The last commit of each journal that this file shows';
comment on column journal_heads.scope is 'program/<id> or source/<id>';
comment on column journal_heads.number is 'Number of the commit';
comment on column journal_heads.sha256 is 'Hash of its header';

comment on table programs is
    'The programs of this instance';
comment on column programs.program is 'Program';
comment on column programs.name is 'Name for people';
comment on column programs.currency is 'ISO 4217 code';
comment on column programs.point_value is 'Money a point now';
comment on column programs.cycle_length is
    'How long cycles are by now: month, quarter, half_year or year';
comment on column programs.first_cycle is 'First month of the first cycle';
comment on column programs.business_date is 'Latest business date of a run';

comment on table point_values is
    'Money a point, by date';
comment on column point_values.program is 'Program';
comment on column point_values.valid_from is 'First day; null from the beginning';
comment on column point_values.valid_to is 'First day no longer; null while open';
comment on column point_values.point_value is 'Money a point';

comment on table cycles is
    'The calendar of cycles and where each one stands';
comment on column cycles.program is 'Program';
comment on column cycles.cycle is 'Name: its first month';
comment on column cycles.starts_on is 'First day';
comment on column cycles.ends_on is 'Last day';
comment on column cycles.state is
    'closed (awards posted), open (projected) or empty (never computed)';
comment on column cycles.rules_version is 'Version it was last computed under';
comment on column cycles.rules_hash is 'Hash of the rules it was last computed under';
comment on column cycles.posted_at is 'When it was last computed (UTC)';

comment on view point_allocations is
    'Awards that are posted, with the figure every stage left';
comment on column point_allocations.program is 'Program';
comment on column point_allocations.cycle is 'Cycle, named by its first month';
comment on column point_allocations.partner_id is 'Partner';
comment on column point_allocations.allocation_key is
    'Business fact that earned, like 2025-04/slabs';
comment on column point_allocations.event is
    'What earned: an event, the close of a cycle or a campaign';
comment on column point_allocations.event_date is
    'Date of the fact: of the event, or the last day of the cycle';
comment on column point_allocations.document_no is 'Document, where one earned';
comment on column point_allocations.line_no is 'Line, where one earned or points were split over lines';
comment on column point_allocations.tier is 'Tier that rated it';
comment on column point_allocations.slab is 'Slab that rated it';
comment on column point_allocations.strategy is 'Strategy';
comment on column point_allocations.rule is 'Rule, promotion, slab or campaign that awarded';
comment on column point_allocations.basis_amount is 'Amount the rate applies to';
comment on column point_allocations.rate is 'Rate as a fraction: 0.002 is 0.2%';
comment on column point_allocations.raw_points is 'Points before rounding';
comment on column point_allocations.multiplier is
    'Multiple of the regular points that the promotion promises; 1 for regular points';
comment on column point_allocations.rounded_points is 'Points after rounding, before caps';
comment on column point_allocations.forgone_points is 'What caps took';
comment on column point_allocations.capped_by is 'Caps that took it';
comment on column point_allocations.points is 'Points awarded';
comment on column point_allocations.tranche is 'Part of an award that is paid in parts';
comment on column point_allocations.accrual_date is
    'When promised points become current; null for direct ones';
comment on column point_allocations.rules_version is 'Version of the rules';
comment on column point_allocations.rules_hash is 'Hash of the rules';
comment on column point_allocations.source is 'Source of the document or scan';
comment on column point_allocations.distributor_id is 'Distributor of the document';
comment on column point_allocations.document_type is 'Type of the document';
comment on column point_allocations.forgone_by is
    'What each cap took, by cap: c1=40, c2=10';

comment on view projected_allocations is
    'Awards of open cycles as they stand, not posted';
comment on column projected_allocations.program is 'Program';
comment on column projected_allocations.cycle is 'Cycle, named by its first month';
comment on column projected_allocations.partner_id is 'Partner';
comment on column projected_allocations.allocation_key is
    'Business fact that earned, like 2025-04/slabs';
comment on column projected_allocations.event is
    'What earned: an event, the close of a cycle or a campaign';
comment on column projected_allocations.event_date is
    'Date of the fact: of the event, or the last day of the cycle';
comment on column projected_allocations.document_no is 'Document, where one earned';
comment on column projected_allocations.line_no is 'Line, where one earned or points were split over lines';
comment on column projected_allocations.tier is 'Tier that rated it';
comment on column projected_allocations.slab is 'Slab that rated it';
comment on column projected_allocations.strategy is 'Strategy';
comment on column projected_allocations.rule is 'Rule, promotion, slab or campaign that awarded';
comment on column projected_allocations.basis_amount is 'Amount the rate applies to';
comment on column projected_allocations.rate is 'Rate as a fraction: 0.002 is 0.2%';
comment on column projected_allocations.raw_points is 'Points before rounding';
comment on column projected_allocations.multiplier is
    'Multiple of the regular points that the promotion promises; 1 for regular points';
comment on column projected_allocations.rounded_points is 'Points after rounding, before caps';
comment on column projected_allocations.forgone_points is 'What caps took';
comment on column projected_allocations.capped_by is 'Caps that took it';
comment on column projected_allocations.points is 'Points awarded';
comment on column projected_allocations.tranche is 'Part of an award that is paid in parts';
comment on column projected_allocations.accrual_date is
    'When promised points become current; null for direct ones';
comment on column projected_allocations.rules_version is 'Version of the rules';
comment on column projected_allocations.rules_hash is 'Hash of the rules';
comment on column projected_allocations.source is 'Source of the document or scan';
comment on column projected_allocations.distributor_id is 'Distributor of the document';
comment on column projected_allocations.document_type is 'Type of the document';
comment on column projected_allocations.forgone_by is
    'What each cap took, by cap: c1=40, c2=10';

comment on macro table balances_as_of is
    'Balances at the end of effective date as_of, as known at known_at (a day or a UTC timestamp; null is no bound)';
comment on macro table liability_as_of is
    'Liability by tier at the end of book date as_of, as known at known_at (a day or a UTC timestamp; null is no bound)';

comment on view stores is
    'Stores with their history by file date';
comment on column stores.program is 'Program';
comment on column stores.store_id is 'Store';
comment on column stores.valid_from is 'Day of the first file that says so';
comment on column stores.valid_to is
    'Day from which another file says otherwise; null for the latest';
comment on column stores.source is 'Source that delivered it';

comment on view tenders is
    'Payments of invoices, as the latest file that names the invoice has them';
comment on column tenders.program is 'Program';
comment on column tenders.distributor_id is 'Distributor who issued the document';
comment on column tenders.document_no is 'Invoice that was paid';
comment on column tenders.fiscal_year is
    'Fiscal year of the invoice; empty where there was none when it was paid';
comment on column tenders.tender_type is 'Way of paying';
comment on column tenders.amount is 'Amount paid';
comment on column tenders.source is 'Source that delivered it';

comment on view targets is
    'Targets of partners';
comment on column targets.program is 'Program';
comment on column targets.partner_id is 'Partner';
comment on column targets.cycle is 'Cycle, named by its first month';
comment on column targets.category is 'Category; null is the target of all together';
comment on column targets.target is 'Target';
comment on column targets.source is 'Source that delivered it';

comment on view scans is
    'Scans of QR codes';
comment on column scans.program is 'Program';
comment on column scans.scan_id is 'Scan';
comment on column scans.partner_id is 'Partner who scanned';
comment on column scans.scanned_on is 'Day of the scan';
comment on column scans.code is 'QR code';
comment on column scans.sku is 'Product';
comment on column scans.points is 'Base points, if the file gives them';
comment on column scans.status is
    'counted: the earliest scan of its code; superseded: a later one, which earns nothing';
comment on column scans.source is 'Source that delivered it';

comment on view claims is
    'Uploaded invoices and their reviews; what became of them is in billing_transactions';
comment on column claims.program is 'Program';
comment on column claims.claim_id is 'Claim';
comment on column claims.partner_id is 'Partner who claims';
comment on column claims.distributor_id is 'Distributor of the claimed invoice, if given';
comment on column claims.document_no is 'Number of the claimed invoice';
comment on column claims.document_date is 'Date of the claimed invoice';
comment on column claims.amount is 'Amount claimed';
comment on column claims.status is 'submitted, approved or rejected: only an approved claim counts';
comment on column claims.reviewed_on is 'Day of the review';
comment on column claims.reviewer is 'Who reviewed it';
comment on column claims.source is 'Source that delivered it';

comment on view instructions is
    'Instructions of a maker, agreed by a checker';
comment on column instructions.program is 'Program';
comment on column instructions.instruction_id is 'Instruction';
comment on column instructions.kind is
    'import_points, adjust, transfer, merge, extend, release, cancel_promise, hold, unhold or set_tier';
comment on column instructions.partner_id is 'Partner it is about';
comment on column instructions.effective_on is 'Day it takes effect';
comment on column instructions.to_partner_id is 'Other partner of a merge or transfer';
comment on column instructions.points is 'Points, where the kind has some';
comment on column instructions.document_no is 'Document, where the kind is about one';
comment on column instructions.tier is 'Tier, where the kind sets one';
comment on column instructions.until is 'Last day, where the kind has one';
comment on column instructions.reason is 'Why';
comment on column instructions.maker is 'Who gave it';
comment on column instructions.checker is 'Who agreed';
comment on column instructions.source is 'Source that delivered it';

comment on column partners.custom is 'Custom fields, as a JSON object';
comment on column distributors.custom is 'Custom fields, as a JSON object';
comment on column stores.custom is 'Custom fields, as a JSON object';
