// Listens to a stream of events with the npm library eventsource, and prints what comes.
// usage: events.mjs LIBRARY URL
import { pathToFileURL } from "node:url";

const [library, url] = process.argv.slice(2);
const { EventSource } = await import(pathToFileURL(`${library}/dist/index.js`));
const source = new EventSource(url);
source.onmessage = (event) => console.log(`message ${event.lastEventId} ${event.data}`);
source.addEventListener("end", () => {
  console.log("end");
  source.close();
});
source.onerror = (event) => console.log(`error ${event.code ?? ""}`);
