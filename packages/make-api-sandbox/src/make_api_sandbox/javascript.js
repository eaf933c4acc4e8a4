// Prepares an engine for one call: the clock, chance, the built-in functions and `__call`.
// Values travel as JSON in which dates, buffers and objects with "@" members are marked.
(function (given) {
  const { seed, now, offsets, names, answers } = JSON.parse(given);
  const stop = {};
  let taken = 0;
  let asked = null;

  const bytesOf = (text) => {
    const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const plain = text.replace(/=+$/, "");
    const bytes = new Uint8Array(Math.floor((plain.length * 3) / 4));
    let bits = 0, held = 0, at = 0;
    for (const letter of plain) {
      held = (held << 6) | letters.indexOf(letter);
      bits += 6;
      if (bits >= 8) { bits -= 8; bytes[at++] = (held >> bits) & 255; }
    }
    return bytes;
  };
  const textOf = (bytes) => {
    const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let text = "";
    for (let at = 0; at < bytes.length; at += 3) {
      const [a, b, c] = [bytes[at], bytes[at + 1], bytes[at + 2]];
      text += letters[a >> 2] + letters[((a & 3) << 4) | (b >> 4)];
      text += b === undefined ? "=" : letters[((b & 15) << 2) | (c >> 6)];
      text += c === undefined ? "=" : letters[c & 63];
    }
    return text;
  };
  const members = (object, change) =>
    Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]));
  const unpack = (value) => {
    if (Array.isArray(value)) return value.map(unpack);
    if (value === null || typeof value !== "object") return value;
    if ("@date" in value) return new Date(value["@date"]);
    if ("@bytes" in value) return bytesOf(value["@bytes"]);
    return members("@object" in value ? value["@object"] : value, unpack);
  };
  const pack = (value) => {
    if (value === undefined || typeof value === "function" || typeof value === "symbol") return null;
    if (typeof value === "bigint") return Number(value);
    if (value === null || typeof value !== "object") return value;
    if (value instanceof Date) return isNaN(value) ? null : { "@date": value.getTime() };
    if (value instanceof Uint8Array) return { "@bytes": textOf(value) };
    if (Array.isArray(value)) return Array.from(value, pack);
    if (value instanceof Map) return pack(Object.fromEntries(value));
    if (value instanceof Set) return pack([...value]);
    const packed = members(value, pack);
    return Object.keys(packed).some((key) => key.startsWith("@")) ? { "@object": packed } : packed;
  };

  const ask = (name, values) => {
    if (asked) throw stop;
    if (taken < answers.length) {
      const answer = answers[taken++];
      if ("error" in answer) throw new Error(answer.error);
      return unpack(answer.value);
    }
    asked = { name, arguments: values.map(pack) };
    throw stop;
  };
  globalThis.iml = Object.fromEntries(names.map((name) => [name, (...v) => ask(name, v)]));

  let state = seed;
  Math.random = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };

  const Machine = Date;
  const ahead = (ms) => {
    let found = offsets[0][1];
    for (const [from, minutes] of offsets) {
      if (from > ms) break;
      found = minutes;
    }
    return found * 60000;
  };
  const fromLocal = (ms) => {
    const guess = ms - ahead(ms);
    return ms - ahead(guess);
  };
  const zoneless = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?$/;
  const parse = (text) =>
    zoneless.test(text) ? fromLocal(Machine.parse(text + "Z")) : Machine.parse(text);
  for (const part of ["FullYear", "Month", "Date", "Hours", "Minutes", "Seconds", "Milliseconds"]) {
    Machine.prototype["get" + part] = function () {
      return new Machine(this.getTime() + ahead(this.getTime()))["getUTC" + part]();
    };
    Machine.prototype["set" + part] = function (...values) {
      const local = new Machine(this.getTime() + ahead(this.getTime()));
      local["setUTC" + part](...values);
      return this.setTime(fromLocal(local.getTime()));
    };
  }
  Machine.prototype.getDay = function () {
    return new Machine(this.getTime() + ahead(this.getTime())).getUTCDay();
  };
  Machine.prototype.getTimezoneOffset = function () {
    return -ahead(this.getTime()) / 60000;
  };
  const moment = (values) => {
    if (values.length === 0) return now;
    if (values.length > 1) return fromLocal(Machine.UTC(...values));
    const [value] = values;
    return typeof value === "string" ? parse(value) : value;
  };
  globalThis.Date = new Proxy(Machine, {
    construct: (target, values, self) => Reflect.construct(target, [moment(values)], self),
    apply: () => new Machine(now).toISOString(),
    get: (target, key) => ({ now: () => now, parse })[key] ?? target[key],
  });
  Machine.prototype.constructor = globalThis.Date;

  globalThis.__call = (find, values) => {
    let answer;
    try {
      answer = { value: pack(find()(...JSON.parse(values).map(unpack))) };
    } catch (error) {
      answer = { error: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
    }
    return JSON.stringify(asked ? { asked } : answer);
  };
})
