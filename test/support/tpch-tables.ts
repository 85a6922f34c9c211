/**
 * The tables of TPC-H as SQL of DuckDB: its columns, keys and domains of values, at a small scale. What is drawn is drawn from
 * hashes of the number of a row, so all of it is the same each time. Some values come more often than in the benchmark, so
 * that the rarest query finds rows in few: brands of two numbers one behind the other, small sizes, a few large orders.
 */

const listOf = (words: string): string =>
  `[${words
    .split(',')
    .map((word) => `'${word.trim()}'`)
    .join()}]`;
/** An item of the list, by a draw. */
const pick = (words: string, draw: string): string => `(${listOf(words)})[1 + ${draw}]`;
const numbered = (word: string, key: string): string => `'${word}#' || lpad(${key}::varchar, 9, '0')`;

const COLOURS =
  'almond, azure, beige, black, blue, coral, cream, forest, frosted, ghost, green, honeydew, ivory, khaki, lace, lemon, linen, magenta, maroon, navy';
const SEGMENTS = 'AUTOMOBILE, BUILDING, FURNITURE, HOUSEHOLD, MACHINERY';
const PRIORITIES = '1-URGENT, 2-HIGH, 3-MEDIUM, 4-NOT SPECIFIED, 5-LOW';
const MODES = 'AIR, FOB, MAIL, RAIL, REG AIR, SHIP, TRUCK';
const INSTRUCTIONS = 'COLLECT COD, DELIVER IN PERSON, NONE, TAKE BACK RETURN';
const NATIONS: readonly (readonly [name: string, region: number])[] = [
  ['ALGERIA', 0],
  ['ARGENTINA', 1],
  ['BRAZIL', 1],
  ['CANADA', 1],
  ['EGYPT', 4],
  ['ETHIOPIA', 0],
  ['FRANCE', 3],
  ['GERMANY', 3],
  ['INDIA', 2],
  ['INDONESIA', 2],
  ['IRAN', 4],
  ['IRAQ', 4],
  ['JAPAN', 2],
  ['JORDAN', 4],
  ['KENYA', 0],
  ['MOROCCO', 0],
  ['MOZAMBIQUE', 0],
  ['PERU', 1],
  ['CHINA', 2],
  ['ROMANIA', 3],
  ['SAUDI ARABIA', 4],
  ['VIETNAM', 2],
  ['RUSSIA', 3],
  ['UNITED KINGDOM', 3],
  ['UNITED STATES', 1],
];

/** Statements that make the eight tables at a scale factor, of which 1 has 6 million lineitems. */
export function tpchTablesSql(scale: number): readonly string[] {
  const [suppliers, parts, customers, orders] = [10_000, 200_000, 150_000, 1_500_000].map((n) => Math.round(n * scale));
  const supplierOf = (part: string, nth: string): string =>
    `((${part} + ${nth} * (${suppliers} // 4 + (${part} - 1) // ${suppliers})) % ${suppliers} + 1)`;
  const phone = (key: string, nation: string): string =>
    `(10 + ${nation}) || '-' || (100 + draw(${key}, 'p1', 900)) || '-' || (100 + draw(${key}, 'p2', 900)) || '-' || (1000 + draw(${key}, 'p3', 9000))`;
  const balance = (key: string): string => `((draw(${key}, 'balance', 1099999) - 99999) / 100)::decimal(15, 2)`;
  const address = (key: string): string => `'street ' || draw(${key}, 'street', 100000)`;
  const price = (part: string): string =>
    `((90000 + ${part} // 10 % 20001 + 100 * (${part} % 1000)) / 100)::decimal(15, 2)`;

  return [
    `create or replace temp macro draw(key, salt, count) as (hash(key, salt) % count)::integer`,

    `create or replace temp table region as
      select i::integer as r_regionkey, ${pick('AFRICA, AMERICA, ASIA, EUROPE, MIDDLE EAST', 'i')} as r_name,
        'region ' || i as r_comment
      from range(5) t(i)`,

    `create or replace temp table nation (n_nationkey integer, n_name varchar, n_regionkey integer, n_comment varchar)`,
    `insert into nation values ${NATIONS.map(([name, region], key) => `(${key}, '${name}', ${region}, 'nation ${key}')`).join()}`,

    `create or replace temp table supplier as
      select i as s_suppkey, ${numbered('Supplier', 'i')} as s_name, ${address('i')} as s_address,
        draw(i, 'nation', 25) as s_nationkey, ${phone('i', 's_nationkey')} as s_phone, ${balance('i')} as s_acctbal,
        case draw(i, 'comment', 20) when 0 then 'sly Customer of many Complaints' when 1 then 'Customer Recommends'
          else 'quick deposits' end as s_comment
      from range(1, ${suppliers} + 1) t(i)`,

    `create or replace temp table part as
      select i as p_partkey,
        ${[0, 1, 2, 3, 4].map((n) => pick(COLOURS, `draw(i, 'colour ${n}', 20)`)).join(` || ' ' || `)} as p_name,
        'Manufacturer#' || m as p_mfgr,
        'Brand#' || m || if(draw(i, 'pair', 2) = 0, m % 5 + 1, 1 + draw(i, 'brand', 5)) as p_brand,
        ${pick('STANDARD, SMALL, MEDIUM, LARGE, ECONOMY, PROMO', "draw(i, 'type 1', 6)")} || ' ' ||
          ${pick('ANODIZED, BURNISHED, PLATED, POLISHED, BRUSHED', "draw(i, 'type 2', 5)")} || ' ' ||
          ${pick('TIN, NICKEL, BRASS, STEEL, COPPER', "draw(i, 'type 3', 5)")} as p_type,
        1 + draw(i, 'size', if(draw(i, 'small', 3) = 0, 50, 15)) as p_size,
        ${pick('SM, LG, MED, JUMBO, WRAP', "draw(i, 'container 1', 5)")} || ' ' ||
          ${pick('CASE, BOX, BAG, JAR, PKG, PACK, CAN, DRUM', "draw(i, 'container 2', 8)")} as p_container,
        ${price('i')} as p_retailprice, 'final ' || draw(i, 'comment', 1000) as p_comment
      from (select i, 1 + draw(i, 'manufacturer', 5) as m from range(1, ${parts} + 1) t(i))`,

    `create or replace temp table partsupp as
      select p_partkey as ps_partkey, ${supplierOf('p_partkey', 'nth')} as ps_suppkey,
        1 + draw(p_partkey * 4 + nth, 'stock', 9999) as ps_availqty,
        ((100 + draw(p_partkey * 4 + nth, 'cost', 99901)) / 100)::decimal(15, 2) as ps_supplycost, 'even' as ps_comment
      from part, range(4) t(nth)`,

    `create or replace temp table customer as
      select i as c_custkey, ${numbered('Customer', 'i')} as c_name, ${address('i')} as c_address,
        draw(i, 'nation', 25) as c_nationkey, ${phone('i', 'c_nationkey')} as c_phone, ${balance('i')} as c_acctbal,
        ${pick(SEGMENTS, "draw(i, 'segment', 5)")} as c_mktsegment, 'pending ' || draw(i, 'comment', 1000) as c_comment
      from range(1, ${customers} + 1) t(i)`,

    `create or replace temp table lineitem as
      with placed as (
        select i // 8 * 32 + i % 8 + 1 as o, date '1992-01-01' + draw(i, 'day', 2406) as placed,
          draw(i, 'large', 500) = 0 as is_large from range(${orders}) t(i)),
      lines as (
        select *, o * 8 + n as line, 1 + draw(o * 8 + n, 'part', ${parts}) as part, n + 1 as number,
          placed + 1 + draw(o * 8 + n, 'ship', 121) as shipped,
          shipped + 1 + draw(o * 8 + n, 'receipt', 30) as received
        from placed, range(7) t(n)
        where is_large or n <= draw(o, 'lines', 7))
      select o as l_orderkey, part::bigint as l_partkey, ${supplierOf('part', "draw(line, 'supplier', 4)")}::bigint as l_suppkey,
        number::integer as l_linenumber,
        if(is_large, 41 + draw(line, 'much', 10), 1 + draw(line, 'quantity', 50))::decimal(15, 2) as l_quantity,
        (l_quantity * ${price('part')})::decimal(15, 2) as l_extendedprice,
        (draw(line, 'discount', 11) / 100)::decimal(15, 2) as l_discount,
        (draw(line, 'tax', 9) / 100)::decimal(15, 2) as l_tax,
        case when received > date '1995-06-17' then 'N' when draw(line, 'back', 2) = 0 then 'R' else 'A' end as l_returnflag,
        if(shipped > date '1995-06-17', 'O', 'F') as l_linestatus,
        shipped as l_shipdate, placed + 30 + draw(line, 'commit', 61) as l_commitdate,
        received as l_receiptdate,
        ${pick(INSTRUCTIONS, "draw(line, 'instruction', 4)")} as l_shipinstruct,
        ${pick(MODES, "draw(line, 'mode', 7)")} as l_shipmode, 'slyly ' || draw(line, 'comment', 1000) as l_comment,
        placed
      from lines`,

    `create or replace temp table orders as
      select l_orderkey as o_orderkey, (1 + draw(l_orderkey, 'customer', ${customers} // 3) * 3)::bigint as o_custkey,
        case when bool_and(l_linestatus = 'F') then 'F' when bool_and(l_linestatus = 'O') then 'O' else 'P' end as o_orderstatus,
        sum(l_extendedprice * (1 - l_discount) * (1 + l_tax))::decimal(15, 2) as o_totalprice, first(placed) as o_orderdate,
        ${pick(PRIORITIES, "draw(l_orderkey, 'priority', 5)")} as o_orderpriority,
        ${numbered('Clerk', `draw(l_orderkey, 'clerk', 1000)`)} as o_clerk, 0 as o_shippriority,
        if(draw(l_orderkey, 'comment', 50) = 0, 'special pinto requests', 'ironic deposits') as o_comment
      from lineitem group by l_orderkey order by l_orderkey`,

    `alter table lineitem drop column placed`,
  ];
}
