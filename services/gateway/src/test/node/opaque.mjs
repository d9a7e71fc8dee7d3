// An OpenID provider, the npm library oidc-provider, whose access tokens only it can read.
// usage: opaque.mjs LIBRARY
// Prints `ready URL`. `aegis` may ask about tokens, `caller` gets them and takes them back.
import { createServer } from "node:http";
import { pathToFileURL } from "node:url";

const [library] = process.argv.slice(2);
const { default: Provider } = await import(pathToFileURL(`${library}/lib/index.js`));

function client(id) {
  return {
    client_id: id,
    client_secret: `a secret of ${id}: 100 % & more`,
    grant_types: ["client_credentials"],
    redirect_uris: [],
    response_types: [],
  };
}

let answer;
const server = createServer((request, response) => answer(request, response));
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  answer = new Provider(issuer, {
    clients: [client("aegis"), client("caller")],
    extraTokenClaims: () => ({ tenant_id: "a", role_ids: ["all"] }),
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      introspection: { enabled: true },
      revocation: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => "https://api.test",
        getResourceServerInfo: () => ({
          scope: "",
          audience: "https://api.test",
          accessTokenTTL: 600,
          accessTokenFormat: "opaque",
        }),
      },
    },
  }).callback();
  console.log(`ready ${issuer}`);
});
