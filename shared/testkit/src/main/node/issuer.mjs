// An OpenID provider, the npm library oidc-provider, whose keys can be exchanged.
// usage: issuer.mjs LIBRARY
// Prints `ready URL`. On a line `rotate` it signs with a new key from then on and shows that one
// only, and prints `rotated`.
import { generateKeyPairSync } from "node:crypto";
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const [library] = process.argv.slice(2);
const { default: Provider } = await import(pathToFileURL(`${library}/lib/index.js`));

let keys = 0;
function newKey() {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return { ...privateKey.export({ format: "jwk" }), kid: `key-${++keys}`, use: "sig", alg: "RS256" };
}

// One provider for each key, all under one name: it cannot change its keys while it runs.
function provider(issuer) {
  return new Provider(issuer, {
    jwks: { keys: [newKey()] },
    clients: [
      {
        client_id: "caller",
        client_secret: "a secret of the caller",
        grant_types: ["client_credentials"],
        redirect_uris: [],
        response_types: [],
      },
    ],
    extraTokenClaims: () => ({ tenant_id: "a", role_ids: ["all"] }),
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => "https://api.test",
        getResourceServerInfo: () => ({
          scope: "",
          audience: "https://api.test",
          accessTokenTTL: 600,
          accessTokenFormat: "jwt",
          jwt: { sign: { alg: "RS256" } },
        }),
      },
    },
  }).callback();
}

let current;
const server = createServer((request, response) => current(request, response));
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  current = provider(issuer);
  console.log(`ready ${issuer}`);
  createInterface({ input: process.stdin }).on("line", (line) => {
    if (line === "rotate") {
      current = provider(issuer);
      console.log("rotated");
    }
  });
});
