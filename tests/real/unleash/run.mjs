const { PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE, TOOLS } = process.env;
const { migrateDb } = await import(`${TOOLS}/node_modules/unleash-server/dist/migrator.js`);
await migrateDb({
  db: {
    driver: "pg",
    host: PGHOST,
    port: Number(PGPORT),
    user: PGUSER,
    password: PGPASSWORD,
    database: PGDATABASE,
    schema: "public",
    ssl: false,
  },
});
process.exit(0);
