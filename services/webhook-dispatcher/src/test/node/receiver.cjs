// A receiver as a tenant would write it: verifies with the public library, and says what it thinks.
// Usage: node receiver.cjs <folder of standardwebhooks> <secret>
"use strict";

const http = require("node:http");
const { Webhook } = require(process.argv[2]);

const webhook = new Webhook(process.argv[3]);

const server = http.createServer((request, reply) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    try {
      const event = webhook.verify(Buffer.concat(chunks), request.headers);
      console.log(`accepted ${event.type} ${request.headers["webhook-id"]}`);
      reply.writeHead(204).end();
    } catch (refusal) {
      console.log(`rejected ${refusal.message}`);
      reply.writeHead(401).end();
    }
  });
});

server.listen(0, "127.0.0.1", () => console.log(`listening on ${server.address().port}`));
