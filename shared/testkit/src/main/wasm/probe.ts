// A module that does what the first letter of its configuration says: good things and bad ones.
// Built into src/main/resources/dev/aegis/testkit/probe.wasm by assemblyscript 0.28.20:
//   npx asc probe.ts -o probe.wasm -O3s --runtime stub --noAssert --use abort=

@external("env", "proxy_get_buffer_bytes")
declare function getBuffer(type: i32, start: i32, length: i32, at: usize, size: usize): i32;
@external("env", "proxy_set_buffer_bytes")
declare function setBuffer(type: i32, start: i32, length: i32, at: usize, size: i32): i32;
@external("env", "proxy_get_header_map_value")
declare function getHeader(type: i32, key: usize, keySize: i32, at: usize, size: usize): i32;
@external("env", "proxy_add_header_map_value")
declare function addHeader(type: i32, key: usize, keySize: i32, value: usize, valueSize: i32): i32;
@external("env", "proxy_replace_header_map_value")
declare function replaceHeader(type: i32, key: usize, keySize: i32, value: usize, valueSize: i32): i32;
@external("env", "proxy_remove_header_map_value")
declare function removeHeader(type: i32, key: usize, keySize: i32): i32;
@external("env", "proxy_get_header_map_pairs")
declare function getPairs(type: i32, at: usize, size: usize): i32;
@external("env", "proxy_set_header_map_pairs")
declare function setPairs(type: i32, at: usize, size: i32): i32;
@external("env", "proxy_get_property")
declare function getProperty(path: usize, pathSize: i32, at: usize, size: usize): i32;
@external("env", "proxy_send_local_response")
declare function sendLocal(status: i32, details: usize, detailsSize: i32, body: usize, bodySize: i32, headers: usize, headersSize: i32, grpc: i32): i32;
@external("env", "proxy_define_metric")
declare function defineMetric(type: i32, name: usize, nameSize: i32, id: usize): i32;
@external("env", "proxy_increment_metric")
declare function incrementMetric(id: i32, by: i64): i32;
@external("env", "proxy_record_metric")
declare function recordMetric(id: i32, value: i64): i32;
@external("env", "proxy_get_shared_data")
declare function getShared(key: usize, keySize: i32, at: usize, size: usize, cas: usize): i32;
@external("env", "proxy_set_shared_data")
declare function setShared(key: usize, keySize: i32, value: usize, valueSize: i32, cas: i32): i32;
@external("env", "proxy_http_call")
declare function httpCall(uri: usize, uriSize: i32, headers: usize, headersSize: i32, body: usize, bodySize: i32, trailers: usize, trailersSize: i32, timeout: i32, token: usize): i32;
@external("env", "proxy_log")
declare function log(level: i32, at: usize, size: i32): i32;
@external("wasi_snapshot_preview1", "fd_write")
declare function fdWrite(fd: i32, pieces: usize, count: i32, written: usize): i32;

const WHERE = memory.data(8);
const SIZE = WHERE + 4;
const CAS = memory.data(4);

let mode: i32 = 0;
let requests: i32 = 0;
let kept: usize = 0;

function text(words: string): ArrayBuffer {
  return String.UTF8.encode(words);
}

function at(bytes: ArrayBuffer): usize {
  return changetype<usize>(bytes);
}

function given(): string {
  return String.UTF8.decodeUnsafe(load<u32>(WHERE), load<u32>(SIZE));
}

function property(path: string): string {
  const key = text(path);
  return getProperty(at(key), key.byteLength, WHERE, SIZE) == 0 ? given() : "none";
}

function header(type: i32, name: string): string {
  const key = text(name);
  return getHeader(type, at(key), key.byteLength, WHERE, SIZE) == 0 ? given() : "none";
}

function add(type: i32, name: string, value: string): i32 {
  const key = text(name);
  const line = text(value);
  return addHeader(type, at(key), key.byteLength, at(line), line.byteLength);
}

function replace(type: i32, name: string, value: string): i32 {
  const key = text(name);
  const line = text(value);
  return replaceHeader(type, at(key), key.byteLength, at(line), line.byteLength);
}

function remove(type: i32, name: string): i32 {
  const key = text(name);
  return removeHeader(type, at(key), key.byteLength);
}

function refuse(status: i32, detail: string): void {
  const body = text(detail);
  if (sendLocal(status, 0, 0, at(body), body.byteLength, 0, 0, -1) != 0) {
    unreachable();
  }
}

function count(by: i64): void {
  const name = text("seen requests");
  if (defineMetric(0, at(name), name.byteLength, WHERE) == 0) {
    incrementMetric(load<i32>(WHERE), by);
  }
  const level = text("level");
  if (defineMetric(1, at(level), level.byteLength, WHERE) == 0) {
    recordMetric(load<i32>(WHERE), 7);
  }
}

// One more under a key that all instances share, as often as it takes.
function shared(): i32 {
  const key = text("count");
  const value = memory.data(4);
  let before = 0;
  let missing = false;
  do {
    missing = getShared(at(key), key.byteLength, WHERE, SIZE, CAS) != 0;
    before = missing ? 0 : load<i32>(load<u32>(WHERE));
    store<i32>(value, before + 1);
  } while (setShared(at(key), key.byteLength, value, 4, missing ? 0 : load<i32>(CAS)) != 0);
  return before + 1;
}

function deep(n: i32): i32 {
  log(0, 0, 0);
  return n == -1 ? 0 : deep(n + 1) + n;
}

function reach(): void {
  const wild: usize = 0xfffffff0;
  const name = text("x");
  let wrong = 0;
  if (getBuffer(7, 0, 100, wild, wild) == 0) wrong++;
  if (getHeader(0, wild, 16, WHERE, SIZE) == 0) wrong++;
  if (getHeader(0, at(name), 0x7fffffff, WHERE, SIZE) == 0) wrong++;
  if (getHeader(0, at(name), -1, WHERE, SIZE) == 0) wrong++;
  if (getHeader(-1, at(name), 1, WHERE, SIZE) == 0) wrong++;
  if (addHeader(0, at(name), 1, wild, 1) == 0) wrong++;
  if (addHeader(5, at(name), 1, at(name), 1) == 0) wrong++;
  if (setPairs(0, wild, 100) == 0) wrong++;
  const pairs = memory.data(16);
  store<i32>(pairs, 0x7fffffff);
  if (setPairs(0, pairs, 16) == 0) wrong++;
  store<i32>(pairs, 1);
  store<i32>(pairs + 4, -5);
  if (setPairs(0, pairs, 16) == 0) wrong++;
  if (setBuffer(0, 0, 0, wild, 10) == 0) wrong++;
  if (getProperty(wild, 4, WHERE, SIZE) == 0) wrong++;
  if (defineMetric(9, at(name), 1, WHERE) == 0) wrong++;
  if (incrementMetric(1000000, 1) == 0) wrong++;
  if (setShared(at(name), 1, wild, 10, 0) == 0) wrong++;
  if (sendLocal(200, 0, 0, 0, 0, 0, 0, 0) == 0) wrong++;
  if (fdWrite(1, wild, 1, WHERE) == 0) wrong++;
  if (fdWrite(7, WHERE, 1, WHERE) == 0) wrong++;
  if (httpCall(at(name), 1, 0, 0, 0, 0, 0, 0, 1, WHERE) == 0) wrong++;
  if (replace(0, ":path", "/other") == 0) wrong++;
  if (remove(0, ":authority") == 0) wrong++;
  replace(0, "x-wrong", wrong.toString());
}

function flood(): void {
  let lines = 0;
  while (add(0, "x-flood-" + lines.toString(), "v") == 0) lines++;
  let keys = 0;
  for (;;) {
    const key = text("key-" + keys.toString());
    if (setShared(at(key), key.byteLength, at(key), key.byteLength, 0) != 0) break;
    keys++;
  }
  let metrics = 0;
  for (;;) {
    const name = text("metric-" + metrics.toString());
    if (defineMetric(0, at(name), name.byteLength, WHERE) != 0) break;
    metrics++;
  }
  replace(0, "x-flood-0", lines.toString() + "/" + keys.toString() + "/" + metrics.toString());
  for (let i = 1; i < lines; i++) remove(0, "x-flood-" + i.toString());
}

export function proxy_abi_version_0_2_1(): void {}

export function proxy_on_memory_allocate(size: i32): usize {
  return heap.alloc(size);
}

export function proxy_on_vm_start(root: i32, size: i32): i32 {
  return 1;
}

export function proxy_on_configure(root: i32, size: i32): i32 {
  if (getBuffer(7, 0, size, WHERE, SIZE) == 0 && load<u32>(SIZE) > 0) {
    mode = load<u8>(load<u32>(WHERE));
  }
  return mode == 110 /* n */ ? 0 : 1;
}

export function proxy_on_context_create(id: i32, root: i32): void {}

export function proxy_on_request_headers(id: i32, lines: i32, end: i32): i32 {
  requests++;
  switch (mode) {
    case 104: /* h */
      add(0, "x-wasm", header(0, ":method") + " " + property("request\0path") + " of " + property("tenant"));
      replace(0, "x-mine", header(0, "authorization"));
      remove(0, "x-gone");
      getPairs(0, WHERE, SIZE);
      setPairs(0, load<u32>(WHERE), load<i32>(SIZE));
      return 0;
    case 114: /* r */
      refuse(418, "no " + header(0, ":path"));
      return 1;
    case 108: /* l */
      for (;;) requests++;
    case 103: /* g */
      while (memory.grow(16) >= 0) requests++;
      add(0, "x-pages", memory.size().toString());
      return 0;
    case 71: /* G */
      heap.alloc(2 << 20);
      return 0;
    case 116: /* t */
      if (header(0, "x-trap") != "none") unreachable();
      return 0;
    case 115: /* s */
      if (header(0, "x-deep") != "none") requests += deep(0);
      return 0;
    case 112: /* p */
      reach();
      return 0;
    case 109: /* m */
      flood();
      return 0;
    case 99: /* c */
      count(1);
      add(0, "x-count", shared().toString());
      return 0;
    case 120: /* x */
      replace(0, "x-user-id", "root");
      return 0;
    case 119: /* w */
      return 1;
  }
  return 0;
}

export function proxy_on_request_body(id: i32, size: i32, end: i32): i32 {
  if (mode == 98 /* b */) {
    if (!end) return 1;
    getBuffer(0, 0, size, WHERE, SIZE);
    const body = given().toUpperCase();
    if (body == "NO") {
      refuse(422, "not this");
      return 1;
    }
    const next = text(body);
    setBuffer(0, 0, size, at(next), next.byteLength);
  }
  return 0;
}

export function proxy_on_response_headers(id: i32, lines: i32, end: i32): i32 {
  if (mode == 104) {
    add(2, "x-wasm-status", header(2, ":status") + " " + header(0, ":method"));
  }
  return 0;
}

export function proxy_on_response_body(id: i32, size: i32, end: i32): i32 {
  if (mode == 98) {
    const mark = text("[" + (end ? "end" : "piece") + "]");
    setBuffer(1, 0, 0, at(mark), mark.byteLength);
  }
  return 0;
}

export function proxy_on_log(id: i32): void {
  if (mode == 99) {
    const key = text("response\0code");
    if (getProperty(at(key), key.byteLength, WHERE, SIZE) == 0) {
      const name = text("status");
      defineMetric(1, at(name), name.byteLength, CAS);
      recordMetric(load<i32>(CAS), load<i64>(load<u32>(WHERE)));
    }
  }
}
