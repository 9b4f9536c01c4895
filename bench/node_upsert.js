// The baseline `node`: what people write with pg and pg-copy-streams. Per page: JSON.parse, COPY into a staging table, an upsert
// that leaves equal rows alone, commit; the next page is fetched meanwhile. node node_upsert.js <url of page 1> <table> <column>…
const { Client } = require("pg");
const { from } = require("pg-copy-streams");
const { once } = require("events");

const [url, table, ...columns] = process.argv.slice(2);
const list = columns.join(", ");
const assignments = columns.slice(1).map((c) => `${c} = excluded.${c}`).join(", ");
const differs = `(${columns.slice(1).map((c) => "t." + c)}) IS DISTINCT FROM (${columns.slice(1).map((c) => "excluded." + c)})`;

const field = (value) => {
  if (value === null || value === undefined) return "\\N";
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  return text.replace(/[\\\n\r\t]/g, (c) => ({ "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t" })[c]);
};

async function main() {
  const db = new Client();
  await db.connect();
  await db.query(`CREATE TEMP TABLE staging (LIKE ${table})`);
  await db.query("SET enable_hashjoin = off; SET enable_mergejoin = off");
  const get = async (at) => (await fetch(at)).json();
  let page = get(url);
  while (page) {
    const { items, next } = await page;
    page = next ? get(new URL(next, url)) : null;
    await db.query("BEGIN");
    await db.query("TRUNCATE staging");
    const stream = db.query(from(`COPY staging (${list}) FROM STDIN`));
    stream.end(items.map((r) => columns.map((c) => field(r[c])).join("\t") + "\n").join(""));
    await once(stream, "finish");
    await db.query(`INSERT INTO ${table} AS t (${list}) SELECT ${list} FROM staging
                    ON CONFLICT (${columns[0]}) DO UPDATE SET ${assignments} WHERE ${differs}`);
    await db.query("COMMIT");
  }
  await db.end();
}

main().catch((error) => { console.error(error); process.exit(1); });
