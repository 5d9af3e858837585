-- Grain: one award, regular: of rules without promotions. Inputs: awards_in (raw awards).
-- Meaning: the columns that `promoted` adds, where nothing is multiplied.
select
    *, cast(0 as bigint) as promotion_order, cast(null as varchar) as promotion,
    cast(1000 as bigint) as multiple, cast(0 as hugeint) as factor_before,
    cast(1000000000 as hugeint) as factor_after
from awards_in
