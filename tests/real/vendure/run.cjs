const { createRequire } = require("node:module");
const from = createRequire(`${process.env.TOOLS}/node_modules/`);
const core = from("@vendure/core");
const { PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE } = process.env;
core
  .bootstrap({
    apiOptions: { port: 0, hostname: "127.0.0.1" },
    authOptions: { superadminCredentials: { identifier: "root", password: "root" }, cookieOptions: { secret: "s" } },
    dbConnectionOptions: {
      type: "postgres",
      synchronize: true,
      host: PGHOST,
      port: Number(PGPORT),
      username: PGUSER,
      password: PGPASSWORD,
      database: PGDATABASE,
    },
    paymentOptions: { paymentMethodHandlers: [core.dummyPaymentHandler] },
    plugins: [core.DefaultJobQueuePlugin, core.DefaultSearchPlugin],
  })
  .then(() => process.exit(0))
  .catch((error) => {
    console.error(error);
    process.exit(1);
  });
