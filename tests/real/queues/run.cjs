const { createRequire } = require("node:module");
const from = createRequire(`${process.env.TOOLS}/node_modules/`);
const Boss = from("pg-boss");
const { runMigrations, makeWorkerUtils } = from("graphile-worker");
(async () => {
  await runMigrations({ connectionString: process.env.URL });
  const utils = await makeWorkerUtils({ connectionString: process.env.URL });
  await utils.addJob("send", { to: "ann" }, { jobKey: "one" });
  const boss = new Boss(process.env.URL);
  await boss.start();
  await boss.createQueue("letters");
  await boss.send("letters", { to: "ann" });
  process.exit(0);
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
