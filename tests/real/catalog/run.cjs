const { createRequire } = require("node:module");
const from = createRequire(`${process.env.TOOLS}/node_modules/`);
const knex = from("knex")({ client: "pg", connection: process.env.URL });
const plugin = require("node:path").dirname(from.resolve("@backstage/plugin-catalog-backend/package.json"));
knex.migrate
  .latest({ directory: `${plugin}/migrations` })
  .then(() => process.exit(0))
  .catch((error) => {
    console.error(error);
    process.exit(1);
  });
