// SPDX-License-Identifier: GPL-3.0-or-later

// src/catalogue.ts
import { mkdir, open, readFile, rename, rm, stat, utimes } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";

// src/payload.ts
var MAX_TEXT_LENGTH = 256;
function fields(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
}
function text(value) {
  return typeof value === "string" && value !== "" && value.length <= MAX_TEXT_LENGTH ? value : undefined;
}
function amount(value) {
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : undefined;
}

// src/problems.ts
class Problems {
  counts = new Map;
  tell;
  setListener(tell) {
    this.tell = tell;
  }
  count(kind) {
    return this.counts.get(kind) ?? 0;
  }
  note(kind, message) {
    const count = this.count(kind) + 1;
    this.counts.set(kind, count);
    if (count === 1)
      this.say(message);
  }
  say(message) {
    try {
      Promise.resolve(this.tell?.(message)).catch(() => {});
    } catch {}
  }
}
function codeOf(error) {
  const code = error?.code;
  if (typeof code === "string")
    return code;
  return error instanceof Error ? error.name : "unknown error";
}

// src/catalogue.ts
var FRESH_MS = 24 * 60 * 60 * 1000;
function pricesPath(env) {
  const set = env.XDG_STATE_HOME;
  const base = set && isAbsolute(set) ? set : join(homedir(), ".local", "state");
  return join(base, "octally", "prices.json");
}

class Catalogue {
  path;
  ask;
  problems;
  running = Promise.resolve();
  dueMs = Number.NEGATIVE_INFINITY;
  constructor(path, ask, problems) {
    this.path = path;
    this.ask = ask;
    this.problems = problems;
  }
  refresh(version, nowMs) {
    if (nowMs < this.dueMs)
      return this.running;
    this.dueMs = nowMs + FRESH_MS;
    this.running = this.bringUpToDate(version, nowMs).catch((error) => this.problems.note("prices", `${this.path} could not be written (${codeOf(error)})`));
    return this.running;
  }
  async bringUpToDate(version, nowMs) {
    const known = await this.known();
    const isSameVersion = version === null || known?.version === version;
    if (known && isSameVersion && nowMs - known.checkedMs < FRESH_MS)
      return;
    const providers = compactProviders(await this.ask());
    if (Object.keys(providers).length === 0)
      return;
    const isSame = JSON.stringify(known?.providers) === JSON.stringify(providers);
    if (isSame && isSameVersion)
      return utimes(this.path, nowMs / 1000, nowMs / 1000);
    const date = new Date(nowMs).toISOString().slice(0, 10);
    await replace(this.path, JSON.stringify({ format: 1, version, date, providers }));
  }
  async known() {
    try {
      const checkedMs = (await stat(this.path)).mtimeMs;
      const document = fields(JSON.parse(await readFile(this.path, "utf8")));
      return { checkedMs, version: document.version, providers: document.providers };
    } catch {
      return;
    }
  }
}
function compactProviders(answer) {
  const data = fields(fields(answer).data);
  const all = Array.isArray(data.all) ? data.all : fields(answer).all;
  const providers = [];
  for (const provider of Array.isArray(all) ? all.map(fields) : []) {
    const id = text(provider.id);
    const models = compactModels(fields(provider.models));
    if (id && Object.keys(models).length > 0)
      providers.push([id, models]);
  }
  return Object.fromEntries(providers.sort(byName));
}
function compactModels(models) {
  const rows = [];
  for (const [id, model] of Object.entries(models)) {
    const row = compactCost(fields(model).cost);
    if (row)
      rows.push([id, row]);
  }
  return Object.fromEntries(rows.sort(byName));
}
function byName([a], [b]) {
  return a < b ? -1 : 1;
}
function compactCost(value) {
  const cost = fields(value);
  if (amount(cost.input) === undefined || amount(cost.output) === undefined)
    return;
  const tiers = contextTiers(cost);
  return tiers.length > 0 ? [...four(cost), tiers] : four(cost);
}
function contextTiers(cost) {
  const tiers = [];
  for (const item of Array.isArray(cost.tiers) ? cost.tiers.map(fields) : []) {
    const size = amount(fields(item.tier).size);
    if (fields(item.tier).type === "context" && size !== undefined)
      tiers.push([size, ...four(item)]);
  }
  const older = cost.experimentalOver200K ?? cost.context_over_200k;
  if (tiers.length === 0 && older)
    tiers.push([200000, ...four(fields(older))]);
  return tiers;
}
function four(cost) {
  const cache = fields(cost.cache);
  const rates = [cost.input, cost.output, cache.read ?? cost.cache_read, cache.write ?? cost.cache_write];
  return rates.map((rate) => amount(rate) ?? 0);
}
async function replace(path, content) {
  await mkdir(dirname(path), { recursive: true, mode: 448 });
  const temporary = `${path}.tmp-${process.pid}`;
  await rm(temporary, { force: true });
  const file = await open(temporary, "wx", 384);
  try {
    await file.writeFile(content);
    await file.sync();
    await rename(temporary, path);
  } finally {
    await file.close();
    await rm(temporary, { force: true });
  }
}

// src/recent-ids.ts
var MAX_IDS = 1024;

class RecentIds {
  ids = new Set;
  add(id) {
    if (this.ids.has(id))
      return false;
    this.ids.add(id);
    if (this.ids.size > MAX_IDS)
      this.forgetOldest();
    return true;
  }
  forgetOldest() {
    const oldest = this.ids.values().next();
    if (!oldest.done)
      this.ids.delete(oldest.value);
  }
}

// src/sessions.ts
var MAX_SESSIONS = 512;
var MAX_REQUESTS = 64;

class Sessions {
  byId = new Map;
  active() {
    return [...this.byId.values()].filter((session) => session.wasActive).sort((a, b) => b.lastActivityMs - a.lastActivityMs);
  }
  get(id) {
    return this.byId.get(id);
  }
  learn(id, parentId, createdMs, nowMs) {
    const session = this.touch(id, nowMs);
    const isNews = session.wasActive && parentId !== undefined && parentId !== session.parentId;
    session.parentId = parentId ?? session.parentId;
    session.createdMs = createdMs ?? session.createdMs;
    return isNews;
  }
  delete(id) {
    const wasShown = this.byId.get(id)?.wasActive ?? false;
    this.byId.delete(id);
    return wasShown;
  }
  busy(id, nowMs) {
    const session = this.activate(id, nowMs);
    return this.enter(session, session.requests.size > 0 ? "waiting" : "busy", nowMs);
  }
  idle(id, nowMs) {
    if (!this.byId.get(id)?.wasActive)
      return false;
    const session = this.activate(id, nowMs);
    session.requests.clear();
    return this.enter(session, "idle", nowMs);
  }
  asked(id, requestId, waitingFor, nowMs) {
    const session = this.activate(id, nowMs);
    if (session.requests.size < MAX_REQUESTS)
      session.requests.set(requestId, waitingFor);
    return this.enter(session, "waiting", nowMs);
  }
  answered(id, requestId, nowMs) {
    const session = this.byId.get(id);
    if (!session?.requests.delete(requestId))
      return false;
    this.activate(id, nowMs);
    return session.requests.size === 0 && this.enter(session, "busy", nowMs);
  }
  activate(id, nowMs) {
    const session = this.touch(id, nowMs);
    session.wasActive = true;
    session.lastActivityMs = nowMs;
    return session;
  }
  endAll(nowMs) {
    for (const session of this.byId.values()) {
      session.requests.clear();
      this.enter(session, "idle", nowMs);
    }
  }
  enter(session, state, nowMs) {
    if (session.state === state)
      return false;
    session.state = state;
    session.sinceMs = nowMs;
    return true;
  }
  touch(id, nowMs) {
    const session = this.byId.get(id) ?? newSession(id, nowMs);
    this.byId.delete(id);
    this.byId.set(id, session);
    if (this.byId.size > MAX_SESSIONS)
      this.evict();
    return session;
  }
  evict() {
    const others = [...this.byId.values()].slice(0, -1);
    const victim = others.find((session) => session.state === "idle") ?? others[0];
    if (victim)
      this.byId.delete(victim.id);
  }
}
function newSession(id, nowMs) {
  return {
    id,
    parentId: undefined,
    createdMs: undefined,
    state: "idle",
    sinceMs: nowMs,
    lastActivityMs: nowMs,
    requests: new Map,
    wasActive: false
  };
}

// src/stats-file/entry.ts
function toUsd(nanoUsd) {
  return nanoUsd / 1e9;
}
function toNanoUsd(usd) {
  return Math.round(usd * 1e9);
}
function runEntry(run, progress) {
  return {
    id: run.id,
    pid: run.pid,
    pid_start_ticks: run.pidStartTicks,
    pid_namespace: run.pidNamespace,
    boot_id: run.bootId,
    opencode: progress.hostVersion,
    started_ms: run.startedMs,
    last_activity_ms: progress.lastActivityMs,
    ended_ms: progress.endedMs,
    models: Object.fromEntries([...progress.models].map(([model, figures]) => [model, modelEntry(figures)])),
    sessions: progress.sessions.map(sessionEntry),
    latest_steps: progress.latestSteps
  };
}
function modelEntry(figures) {
  return {
    input: figures.input,
    output: figures.output,
    reasoning: figures.reasoning,
    cache_read: figures.cacheRead,
    cache_write: figures.cacheWrite,
    steps: figures.steps,
    cost_usd: toUsd(figures.costNanoUsd)
  };
}
function sessionEntry(session) {
  const [oldestRequest] = session.requests.values();
  return {
    id: session.id,
    parent: session.parentId ?? null,
    state: session.state,
    waiting_for: oldestRequest ?? null,
    since_ms: session.sinceMs,
    last_activity_ms: session.lastActivityMs
  };
}

// src/stats-file/location.ts
import { homedir as homedir2 } from "node:os";
import { join as join2, resolve } from "node:path";
var TEMPORARY_PREFIX = "stats.json.tmp-";
var SET_ASIDE_PREFIX = "stats.json.corrupt-";
function dataDir(env) {
  const base = env.XDG_DATA_HOME || join2(homedir2(), ".local", "share");
  return resolve(base, "opencode");
}
function locationIn(dir) {
  return {
    dir,
    stats: join2(dir, "stats.json"),
    lock: join2(dir, "stats.json.lock"),
    breaking: join2(dir, "stats.json.lock.break")
  };
}

// src/stats-file/document.ts
import { constants } from "node:fs";
import { lstat, readdir, readFile as readFile2, rename as rename2, rm as rm2 } from "node:fs/promises";
import { join as join3 } from "node:path";
// package.json
var version = "0.1.0";

// src/tokens.ts
function totalTokens(tokens) {
  return tokens.input + tokens.output + tokens.reasoning + tokens.cacheRead + tokens.cacheWrite;
}
function tokensOfMessage(stored) {
  const tokens = disjointTokens(stored);
  const total = amount(fields(stored).total);
  const withoutReasoning = totalTokens(tokens) - tokens.reasoning;
  const reasoningIsInOutput = total === undefined || total === withoutReasoning;
  if (!reasoningIsInOutput)
    return tokens;
  return { ...tokens, output: Math.max(0, tokens.output - tokens.reasoning) };
}
function disjointTokens(stored) {
  const source = fields(stored);
  const cache = fields(source.cache);
  return {
    input: whole(source.input),
    output: whole(source.output),
    reasoning: whole(source.reasoning),
    cacheRead: whole(cache.read),
    cacheWrite: whole(cache.write)
  };
}
function whole(value) {
  return Math.round(amount(value) ?? 0);
}

// src/steps.ts
var MAX_REMEMBERED_STEPS = 4096;
var MAX_LATEST_STEPS = 32;
var MAX_MODELS = 256;
var OTHER_MODELS = "other/other";
var ID_TIME_RANGE_MS = 2 ** 36;

class Steps {
  historyUntilMs;
  counted = new Map;
  byModel = new Map;
  unwritten = new Map;
  forgottenUntilMs = Number.NEGATIVE_INFINITY;
  constructor(historyUntilMs) {
    this.historyUntilMs = historyUntilMs;
  }
  count(step, sessionCreatedMs, nowMs) {
    this.historyUntilMs = Math.min(this.historyUntilMs, nowMs);
    const before = this.counted.get(step.id);
    if (!before && this.isForeign(step, sessionCreatedMs))
      return false;
    const after = this.toCounted(step, before);
    if (before ? isSame(before, after) : after.figures.steps === 0)
      return false;
    if (before)
      this.add(before, -1);
    this.add(after, 1);
    this.remember(step.id, after);
    return true;
  }
  models() {
    return this.byModel;
  }
  latest() {
    return [...this.counted.keys()].slice(-MAX_LATEST_STEPS).reverse();
  }
  takeUnwritten() {
    const taken = this.unwritten;
    this.unwritten = new Map;
    return taken;
  }
  giveBack(taken) {
    for (const [day, models] of taken) {
      for (const [model, sum] of models)
        this.addUnwritten(day, model, sum.tokens, sum.costNanoUsd);
    }
  }
  isForeign(step, sessionCreatedMs) {
    if (step.createdMs < this.historyUntilMs || step.createdMs <= this.forgottenUntilMs)
      return true;
    return sessionCreatedMs === undefined ? hasIdOfCopy(step) : step.createdMs < sessionCreatedMs;
  }
  toCounted(step, before) {
    const isKnown = this.byModel.has(step.model) || this.byModel.size < MAX_MODELS;
    return {
      model: isKnown ? step.model : OTHER_MODELS,
      day: before?.day ?? localDay(step.createdMs),
      createdMs: step.createdMs,
      figures: { ...step.tokens, steps: step.isCounted ? 1 : 0, costNanoUsd: step.costNanoUsd }
    };
  }
  add({ model, day, figures }, sign) {
    const sum = this.byModel.get(model) ?? noFigures();
    for (const key of FIGURE_KEYS)
      sum[key] += sign * figures[key];
    this.byModel.set(model, sum);
    this.addUnwritten(day, model, sign * totalTokens(figures), sign * figures.costNanoUsd);
  }
  addUnwritten(day, model, tokens, costNanoUsd) {
    const models = this.unwritten.get(day) ?? new Map;
    const sum = models.get(model) ?? { tokens: 0, costNanoUsd: 0 };
    models.set(model, { tokens: sum.tokens + tokens, costNanoUsd: sum.costNanoUsd + costNanoUsd });
    this.unwritten.set(day, models);
  }
  remember(id, step) {
    this.counted.set(id, step);
    if (this.counted.size <= MAX_REMEMBERED_STEPS)
      return;
    for (const [oldestId, oldest] of this.counted) {
      this.forgottenUntilMs = Math.max(this.forgottenUntilMs, oldest.createdMs);
      this.counted.delete(oldestId);
      return;
    }
  }
}
var FIGURE_KEYS = [
  "input",
  "output",
  "reasoning",
  "cacheRead",
  "cacheWrite",
  "steps",
  "costNanoUsd"
];
function noFigures() {
  return { input: 0, output: 0, reasoning: 0, cacheRead: 0, cacheWrite: 0, steps: 0, costNanoUsd: 0 };
}
function isSame(a, b) {
  return a.model === b.model && FIGURE_KEYS.every((key) => a.figures[key] === b.figures[key]);
}
function hasIdOfCopy(step) {
  const idMs = timeInId(step.id);
  if (idMs === undefined || step.completedMs === undefined)
    return false;
  const idAfterStartMs = modulo(idMs - step.createdMs, ID_TIME_RANGE_MS);
  const durationMs = step.completedMs - step.createdMs;
  return idAfterStartMs > 0 && idAfterStartMs < ID_TIME_RANGE_MS / 2 && idAfterStartMs >= durationMs;
}
function timeInId(id) {
  const digits = /^msg_([0-9a-f]{12})/.exec(id)?.[1];
  return digits === undefined ? undefined : Math.floor(Number.parseInt(digits, 16) / 4096);
}
function modulo(value, range) {
  return (value % range + range) % range;
}
function localDay(ms) {
  const date = new Date(ms);
  const month = String(date.getMonth() + 1).padStart(2, "0");
  return `${date.getFullYear()}-${month}-${String(date.getDate()).padStart(2, "0")}`;
}

// src/stats-file/merge.ts
var FORMAT = 1;
var MAX_RUNS = 32;
var DAY_MS = 24 * 60 * 60 * 1000;
function merge(current, own, nowMs) {
  const octally = fields(current.octally);
  const runs = mergeRuns(octally.runs, own, nowMs);
  return {
    ...current,
    session: sessionSection(current.session, runs[0]),
    daily: dailySection(current.daily, own.unwritten, localDay(nowMs), localDay(nowMs + DAY_MS)),
    total: totalSection(current.total, own.unwritten, nowMs),
    octally: { ...octally, format: FORMAT, plugin: version, runs }
  };
}
function serialize(document, maxBytes) {
  const octally = fields(document.octally);
  let runs = octally.runs;
  for (;; ) {
    const text = `${JSON.stringify({ ...document, octally: { ...octally, runs } })}
`;
    if (runs.length <= 1 || Buffer.byteLength(text) <= maxBytes)
      return text;
    runs = withoutOne(runs);
  }
}
function withoutOne(runs) {
  const lastOver = runs.findLastIndex((run) => amount(run.ended_ms) !== undefined);
  return runs.toSpliced(lastOver > 0 ? lastOver : -1, 1);
}
function mergeRuns(stored, own, nowMs) {
  const others = (Array.isArray(stored) ? stored : []).map(fields).filter((run) => typeof run.id === "string" && run.id !== own.runId).filter((run) => !isLongOver(run, own.bootId, nowMs));
  const runs = own.entry ? [{ ...own.entry }, ...others] : others;
  let kept = runs.sort((a, b) => lastActivityMs(b) - lastActivityMs(a));
  while (kept.length > MAX_RUNS)
    kept = withoutOne(kept);
  return kept;
}
function isLongOver(run, bootId, nowMs) {
  const isOfEarlierBoot = bootId !== null && typeof run.boot_id === "string" && run.boot_id !== bootId;
  const endedMs = amount(run.ended_ms) ?? (isOfEarlierBoot ? lastActivityMs(run) : undefined);
  return endedMs !== undefined && nowMs - endedMs > DAY_MS;
}
function lastActivityMs(run) {
  return amount(run.last_activity_ms) ?? 0;
}
function sessionSection(stored, run) {
  if (!run)
    return fields(stored);
  const models = new Map(Object.entries(fields(run.models)).map(([model, entry]) => [model, sumOf(entry)]));
  const idleSince = idleSinceMs(run);
  return {
    ...fields(stored),
    ...addSums({}, models),
    startTime: amount(run.started_ms) ?? 0,
    lastActivity: lastActivityMs(run),
    isIdle: idleSince !== null,
    idleSince
  };
}
function sumOf(modelEntry) {
  const entry = fields(modelEntry);
  const kinds = [entry.input, entry.output, entry.reasoning, entry.cache_read, entry.cache_write];
  const tokens = kinds.reduce((sum, kind) => sum + (amount(kind) ?? 0), 0);
  return { tokens, costNanoUsd: toNanoUsd(amount(entry.cost_usd) ?? 0) };
}
function idleSinceMs(run) {
  const sessions = (Array.isArray(run.sessions) ? run.sessions : []).map(fields);
  if (sessions.some((session) => session.state !== "idle"))
    return null;
  const since = sessions.map((session) => amount(session.since_ms) ?? 0);
  return Math.max(amount(run.started_ms) ?? 0, ...since);
}
function dailySection(stored, unwritten, today, tomorrow) {
  const daily = fields(stored);
  const isAhead = daily.date === tomorrow;
  const date = isAhead ? tomorrow : today;
  const base = daily.date === date ? daily : { ...daily, ...NOTHING };
  return { ...addSums(base, unwritten.get(date) ?? new Map), date };
}
var NOTHING = { totalTokens: 0, tokensByModel: {}, totalCost: 0, costsByModel: {} };
function totalSection(stored, unwritten, nowMs) {
  const total = fields(stored);
  let sums = addSums(total, new Map);
  for (const models of unwritten.values())
    sums = addSums(sums, models);
  return { ...sums, installDate: amount(total.installDate) ?? nowMs };
}
function addSums(section, models) {
  let tokens = amount(section.totalTokens) ?? 0;
  let nanoUsd = toNanoUsd(amount(section.totalCost) ?? 0);
  const tokensByModel = { ...fields(section.tokensByModel) };
  const costsByModel = { ...fields(section.costsByModel) };
  for (const [model, sum] of models) {
    tokens += sum.tokens;
    nanoUsd += sum.costNanoUsd;
    tokensByModel[model] = atLeastZero((amount(tokensByModel[model]) ?? 0) + sum.tokens);
    costsByModel[model] = toUsd(atLeastZero(toNanoUsd(amount(costsByModel[model]) ?? 0) + sum.costNanoUsd));
  }
  return {
    ...section,
    totalTokens: atLeastZero(tokens),
    tokensByModel,
    totalCost: toUsd(atLeastZero(nanoUsd)),
    costsByModel
  };
}
function atLeastZero(value) {
  return Math.max(0, value);
}

// src/stats-file/document.ts
var MAX_BYTES = 4 * 1024 * 1024;

class Refused extends Error {
  kind;
  constructor(kind, message) {
    super(message);
    this.kind = kind;
  }
}
async function readDocument(path) {
  const text = await readGuarded(path);
  if (text === null)
    return {};
  const document = text === undefined ? undefined : parse(text);
  const format = amount(fields(document?.octally).format);
  if (format !== undefined && format > FORMAT) {
    throw new Refused("newer-format", `${path} was written by a newer Octally (format ${format}): update this plugin`);
  }
  return document && hasTotal(document) ? document : undefined;
}
async function setAside(location, nowMs) {
  const name = `${SET_ASIDE_PREFIX}${nowMs}`;
  await rename2(location.stats, join3(location.dir, name));
  for (const other of await readdir(location.dir)) {
    if (other.startsWith(SET_ASIDE_PREFIX) && other !== name) {
      await rm2(join3(location.dir, other), { force: true });
    }
  }
  return name;
}
async function readGuarded(path) {
  try {
    const stat = await lstat(path);
    if (stat.isSymbolicLink())
      throw refusedLink(path);
    if (!stat.isFile())
      throw new Refused("not-a-file", `${path} is not a regular file: remove it`);
    const flag = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    return stat.size > MAX_BYTES ? undefined : await readFile2(path, { encoding: "utf8", flag });
  } catch (error) {
    if (codeOf(error) === "ENOENT")
      return null;
    throw codeOf(error) === "ELOOP" ? refusedLink(path) : error;
  }
}
function refusedLink(path) {
  return new Refused("symlink", `${path} is a symbolic link and is not written through: remove it`);
}
function parse(text) {
  try {
    return fields(JSON.parse(text));
  } catch {
    return;
  }
}
function hasTotal(document) {
  return amount(fields(document.total).totalTokens) !== undefined;
}

// src/stats-file/replace.ts
import { open as open3, readdir as readdir2, rename as rename3, rm as rm4, stat as stat2 } from "node:fs/promises";
import { join as join5 } from "node:path";

// src/stats-file/lock.ts
import { randomBytes as randomBytes2 } from "node:crypto";
import { constants as constants2 } from "node:fs";
import { open as open2, rm as rm3, writeFile } from "node:fs/promises";
import { basename, join as join4 } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

// src/run.ts
import { randomBytes } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
function thisRun() {
  const startedMs = Math.round(Date.now() - process.uptime() * 1000);
  const random = randomBytes(2).toString("hex");
  return {
    id: `${process.pid}-${startedMs.toString(36)}-${random}`,
    pid: process.pid,
    pidStartTicks: startTicksOf("self"),
    pidNamespace: unlessMissing(() => readlinkSync("/proc/self/ns/pid")),
    bootId: unlessMissing(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()),
    startedMs
  };
}
function startTicksOf(pid) {
  return unlessMissing(() => {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fromThirdField = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const isDead = fromThirdField[0] === "Z" || fromThirdField[0] === "X";
    const ticks = Number(fromThirdField[22 - 3]);
    return Number.isSafeInteger(ticks) && !isDead ? ticks : null;
  });
}
function unlessMissing(read) {
  try {
    return read();
  } catch {
    return null;
  }
}

// src/stats-file/lock.ts
var PATIENCE_MS = { alive: 30000, elsewhere: 1e4, nameless: 2000, breaking: 1e4 };
var MAX_LOCK_BYTES = 4096;
function newToken(run) {
  return `${run.pid}-${randomBytes2(8).toString("hex")}`;
}

class Lock {
  location;
  run;
  token;
  content;
  constructor(location, run, token, temporary) {
    this.location = location;
    this.run = run;
    this.token = token;
    this.content = JSON.stringify({
      token,
      temporary: basename(temporary),
      pid: run.pid,
      pid_start_ticks: run.pidStartTicks,
      pid_namespace: run.pidNamespace,
      boot_id: run.bootId
    });
  }
  async acquire(waitMs) {
    const endMs = performance.now() + waitMs;
    for (;; ) {
      if (await createExclusively(this.location.lock, this.content))
        return true;
      if (await this.breakIfStale())
        continue;
      if (performance.now() >= endMs)
        return false;
      await sleep(2 + Math.random() * 18, undefined, { ref: false });
    }
  }
  async release() {
    const holder = await readLock(this.location.lock);
    if (holder?.token === this.token)
      await rm3(this.location.lock, { force: true });
  }
  async breakIfStale() {
    const seen = await readLock(this.location.lock);
    if (!seen)
      return true;
    if (!this.isStale(seen) || !await this.startBreaking())
      return false;
    try {
      const holder = await readLock(this.location.lock);
      if (!holder || holder.token !== seen.token || !this.isStale(holder))
        return false;
      await removeTemporary(this.location, holder.temporary);
      await rm3(this.location.lock, { force: true });
      return true;
    } finally {
      await rm3(this.location.breaking, { force: true });
    }
  }
  async startBreaking() {
    if (await createExclusively(this.location.breaking, this.content))
      return true;
    const other = await readLock(this.location.breaking);
    if (other && other.ageMs > PATIENCE_MS.breaking)
      await rm3(this.location.breaking, { force: true });
    return false;
  }
  isStale(holder) {
    if (holder.token === undefined)
      return holder.ageMs > PATIENCE_MS.nameless;
    const canBeAsked = this.run.bootId !== null && holder.bootId === this.run.bootId && this.run.pidNamespace !== null && holder.pidNamespace === this.run.pidNamespace;
    if (!canBeAsked)
      return holder.ageMs > PATIENCE_MS.elsewhere;
    const isAlive = holder.pid !== undefined && startTicksOf(holder.pid) === holder.pidStartTicks;
    return !isAlive || holder.ageMs > PATIENCE_MS.alive;
  }
}
async function readLock(path) {
  const file = await unlessMissing2(open2(path, constants2.O_RDONLY | constants2.O_NOFOLLOW | constants2.O_NONBLOCK));
  if (!file)
    return;
  try {
    const { mtimeMs } = await file.stat();
    const buffer = Buffer.alloc(MAX_LOCK_BYTES);
    const { bytesRead } = await file.read(buffer, 0, MAX_LOCK_BYTES, 0);
    return holderIn(buffer.toString("utf8", 0, bytesRead), mtimeMs);
  } finally {
    await file.close();
  }
}
function holderIn(text, mtimeMs) {
  const lock = parse2(text);
  return {
    token: typeof lock.token === "string" ? lock.token : undefined,
    temporary: typeof lock.temporary === "string" ? lock.temporary : undefined,
    pid: amount(lock.pid),
    pidStartTicks: amount(lock.pid_start_ticks),
    pidNamespace: lock.pid_namespace,
    bootId: lock.boot_id,
    ageMs: Math.abs(Date.now() - mtimeMs)
  };
}
function parse2(text) {
  try {
    return fields(JSON.parse(text));
  } catch {
    return {};
  }
}
async function removeTemporary(location, name) {
  if (name?.startsWith(TEMPORARY_PREFIX) && name === basename(name)) {
    await rm3(join4(location.dir, name), { force: true });
  }
}
async function createExclusively(path, content) {
  try {
    await writeFile(path, content, { flag: "wx", mode: 384 });
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST")
      return false;
    throw error;
  }
}
async function unlessMissing2(promise) {
  try {
    return await promise;
  } catch (error) {
    if (codeOf(error) === "ENOENT")
      return;
    throw error;
  }
}

// src/stats-file/replace.ts
var ABANDONED_AFTER_MS = 60000;
async function replaceStats(location, run, problems, waitMs, change) {
  const token = newToken(run);
  const temporary = join5(location.dir, TEMPORARY_PREFIX + token);
  const file = await open3(temporary, "wx", 384);
  const lock = new Lock(location, run, token, temporary);
  let isLocked = false;
  try {
    isLocked = await lock.acquire(waitMs);
    if (!isLocked)
      return false;
    const document = change(await readOrSetAside(location, problems));
    await writeDurably(file, serialize(document, MAX_BYTES));
    await rename3(temporary, location.stats);
    return true;
  } finally {
    await tidyUp(problems, () => file.close());
    await tidyUp(problems, () => rm4(temporary, { force: true }));
    if (isLocked)
      await tidyUp(problems, () => lock.release());
  }
}
async function tidyUp(problems, step) {
  try {
    await step();
  } catch (error) {
    problems.note("tidy-up", `stats.json was written, but not tidied up after (${codeOf(error)})`);
  }
}
async function removeAbandoned(location, nowMs) {
  for (const name of await readdir2(location.dir)) {
    if (!name.startsWith(TEMPORARY_PREFIX))
      continue;
    const path = join5(location.dir, name);
    const { mtimeMs } = await stat2(path);
    if (nowMs - mtimeMs > ABANDONED_AFTER_MS)
      await rm4(path, { force: true });
  }
}
async function readOrSetAside(location, problems) {
  const document = await readDocument(location.stats);
  if (document)
    return document;
  const name = await setAside(location, Date.now());
  problems.note("set-aside", `${location.stats} could not be used and was renamed to ${name}; a new one begins`);
  return {};
}
async function writeDurably(file, text) {
  await file.writeFile(text);
  await file.sync();
}

// src/stats-file/writer.ts
var TIMING = {
  intervalMs: 250,
  urgentIntervalMs: 25,
  lockWaitMs: 5000,
  flushWaitMs: 4500,
  retryMs: [1000, 5000, 15000, 60000]
};

class StatsWriter {
  location;
  run;
  source;
  problems;
  timing;
  isDirty = false;
  isUrgent = false;
  isPassive = false;
  failures = 0;
  hasCleanedUp = false;
  timer;
  running;
  lastStartMs = Number.NEGATIVE_INFINITY;
  constructor(location, run, source, problems, timing = TIMING) {
    this.location = location;
    this.run = run;
    this.source = source;
    this.problems = problems;
    this.timing = timing;
  }
  changed(isUrgent = false) {
    const isSooner = isUrgent && !this.isUrgent;
    this.isDirty = true;
    this.isUrgent ||= isUrgent;
    if (this.running)
      return;
    if (!this.timer || isSooner || this.failures > 0)
      this.schedule(this.untilNextMs());
  }
  cancel() {
    this.isDirty = false;
    clearTimeout(this.timer);
    this.timer = undefined;
  }
  async flush() {
    let giveUp;
    const patience = new Promise((resolve) => {
      giveUp = setTimeout(resolve, this.timing.flushWaitMs);
    });
    await Promise.race([this.writeAll(), patience]);
    clearTimeout(giveUp);
  }
  async writeAll() {
    await this.running;
    if (this.isDirty)
      await this.start();
    else
      await this.running;
  }
  schedule(delayMs) {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.isPassive || delayMs === undefined)
      return;
    this.timer = setTimeout(() => void this.start(), Math.max(0, delayMs));
    this.timer.unref();
  }
  start() {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.isPassive)
      return Promise.resolve();
    this.lastStartMs = performance.now();
    this.running = this.write().finally(() => {
      this.running = undefined;
      if (this.isDirty)
        this.schedule(this.pauseMs());
    });
    return this.running;
  }
  pauseMs() {
    return this.failures === 0 ? this.untilNextMs() : this.timing.retryMs[this.failures - 1];
  }
  untilNextMs() {
    const { intervalMs, urgentIntervalMs } = this.timing;
    return this.lastStartMs + (this.isUrgent ? urgentIntervalMs : intervalMs) - performance.now();
  }
  async write() {
    this.isDirty = false;
    this.isUrgent = false;
    let taken;
    try {
      await this.cleanUpOnce();
      const isWritten = await replaceStats(this.location, this.run, this.problems, this.timing.lockWaitMs, (current) => {
        taken = this.source.takeContribution();
        return merge(current, taken, Date.now());
      });
      if (isWritten)
        this.failures = 0;
      else
        this.failed("lock", `another process keeps ${this.location.lock}; remove it if no OpenCode runs`);
    } catch (error) {
      if (taken)
        this.source.giveBack(taken);
      this.failedWith(error);
    }
  }
  failed(kind, message) {
    this.isDirty = true;
    this.failures += 1;
    this.problems.note(kind, `${message}; figures are kept and written later`);
  }
  failedWith(error) {
    if (!(error instanceof Refused)) {
      this.failed("write", `${this.location.stats} could not be written (${codeOf(error)})`);
      return;
    }
    this.problems.note(error.kind, error.message);
    this.isPassive = error.kind === "newer-format";
    this.isDirty = true;
    this.failures += 1;
  }
  async cleanUpOnce() {
    if (this.hasCleanedUp)
      return;
    this.hasCleanedUp = true;
    await removeAbandoned(this.location, Date.now()).catch(() => {});
  }
}

// src/meter.ts
var ANNOUNCE_MS = 500;
var REOPEN_MS = 2000;

class Meter {
  run;
  problems = new Problems;
  sessions = new Sessions;
  steps;
  writer;
  seenEvents = new RecentIds;
  hosts = 0;
  hostVersion = null;
  lastActivityMs;
  endedMs = null;
  wasUsed = false;
  wasHandedOut = false;
  announcement;
  constructor(run, dataDir, timing = TIMING) {
    this.run = run;
    const location = locationIn(dataDir);
    this.steps = new Steps(run.startedMs);
    this.lastActivityMs = run.startedMs;
    this.writer = new StatsWriter(location, run, this, this.problems, timing);
  }
  attach() {
    this.hosts += 1;
    clearTimeout(this.announcement);
    this.announcement = setTimeout(() => this.announce(), this.endedMs === null ? ANNOUNCE_MS : REOPEN_MS);
    this.announcement.unref();
  }
  async detach() {
    this.hosts = Math.max(0, this.hosts - 1);
    if (this.hosts > 0)
      return this.writer.flush();
    clearTimeout(this.announcement);
    this.endedMs = Date.now();
    this.sessions.endAll(this.endedMs);
    if (!this.wasUsed && !this.wasHandedOut)
      return this.writer.cancel();
    this.writer.changed();
    await this.writer.flush();
  }
  apply(facts, eventId) {
    try {
      if (facts.length === 0 || this.isRepeated(eventId))
        return;
      const nowMs = Date.now();
      for (const fact of facts) {
        if (this.applyOne(fact, nowMs))
          this.writer.changed(fact.kind === "idle" || fact.kind === "asked");
      }
    } catch (error) {
      this.noteEventProblem(error);
    }
  }
  version() {
    return this.hostVersion;
  }
  noteEventProblem(error) {
    this.problems.note("event", `an event of OpenCode could not be read (${codeOf(error)})`);
  }
  takeContribution() {
    this.wasHandedOut = true;
    const isEmpty = this.endedMs !== null && !this.wasUsed;
    return {
      runId: this.run.id,
      bootId: this.run.bootId,
      entry: isEmpty ? null : runEntry(this.run, this.progress()),
      unwritten: this.steps.takeUnwritten()
    };
  }
  giveBack(contribution) {
    this.steps.giveBack(contribution.unwritten);
  }
  progress() {
    return {
      hostVersion: this.hostVersion,
      lastActivityMs: this.lastActivityMs,
      endedMs: this.endedMs,
      models: this.steps.models(),
      sessions: this.sessions.active(),
      latestSteps: this.steps.latest()
    };
  }
  announce() {
    this.endedMs = null;
    this.writer.changed();
  }
  applyOne(fact, nowMs) {
    switch (fact.kind) {
      case "session":
        return this.sessions.learn(fact.id, fact.parentId, fact.createdMs, nowMs);
      case "session-deleted":
        return this.sessions.delete(fact.id);
      case "host-version":
        this.hostVersion = fact.version;
        return false;
      default:
        return this.applyActivity(fact, nowMs);
    }
  }
  applyActivity(activity, nowMs) {
    const hasChanged = this.change(activity, nowMs);
    if (hasChanged) {
      this.wasUsed = true;
      this.endedMs = null;
      this.lastActivityMs = nowMs;
    }
    return hasChanged;
  }
  change(activity, nowMs) {
    switch (activity.kind) {
      case "busy":
        return this.sessions.busy(activity.sessionId, nowMs);
      case "idle":
        return this.sessions.idle(activity.sessionId, nowMs);
      case "asked":
        return this.sessions.asked(activity.sessionId, activity.requestId, activity.waitingFor, nowMs);
      case "answered":
        return this.sessions.answered(activity.sessionId, activity.requestId, nowMs);
      case "step":
        return this.countStep(activity.step, nowMs);
    }
  }
  countStep(step, nowMs) {
    const createdMs = this.sessions.get(step.sessionId)?.createdMs;
    const hasChanged = this.steps.count(step, createdMs, nowMs);
    if (hasChanged)
      this.sessions.activate(step.sessionId, nowMs);
    return hasChanged;
  }
  isRepeated(eventId) {
    return eventId !== undefined && !this.seenEvents.add(eventId);
  }
}

// src/shared.ts
var KEY = Symbol.for("io.github.octally.plugin/2");
function shared() {
  const holder = globalThis;
  holder[KEY] ??= {
    meter: new Meter(thisRun(), dataDir(process.env)),
    host: undefined,
    catalogue: undefined
  };
  return holder[KEY];
}

// src/host-v1.ts
async function server(input) {
  try {
    const state = shared();
    state.host ??= "1.x";
    if (state.host !== "1.x")
      return {};
    listenWith(state.meter, input);
    state.catalogue ??= catalogueOf(state.meter, input);
    return hooksOf(state.meter, state.catalogue);
  } catch {
    return {};
  }
}
function hooksOf(meter, catalogue) {
  meter.attach();
  let isAttached = true;
  return {
    event: async (input) => applyEvent(meter, catalogue, input),
    "chat.message": async (input) => applyTurnStart(meter, input),
    dispose: async () => {
      if (!isAttached)
        return;
      isAttached = false;
      await meter.detach();
    }
  };
}
function applyEvent(meter, catalogue, input) {
  try {
    const event = fields(fields(input).event);
    meter.apply(factsOf(event), text(event.id));
    if (event.type === "session.idle")
      catalogue?.refresh(meter.version(), Date.now());
  } catch (error) {
    meter.noteEventProblem(error);
  }
}
function applyTurnStart(meter, input) {
  try {
    const sessionId = text(fields(input).sessionID);
    if (sessionId)
      meter.apply([{ kind: "busy", sessionId }]);
  } catch (error) {
    meter.noteEventProblem(error);
  }
}
function factsOf(event) {
  const properties = () => fields(event.properties);
  switch (event.type) {
    case "session.created":
      return [...sessionFacts(properties()), ...versionFacts(properties())];
    case "session.updated":
      return sessionFacts(properties());
    case "session.deleted":
      return deletedFacts(properties());
    case "session.status":
      return statusFacts(properties());
    case "session.idle":
      return inSession(properties(), (sessionId) => ({ kind: "idle", sessionId }));
    case "message.updated":
      return stepFacts(fields(properties().info));
    case "permission.asked":
      return askedFacts(properties(), "permission");
    case "question.asked":
      return askedFacts(properties(), "question");
    case "permission.replied":
    case "question.replied":
    case "question.rejected":
      return answeredFacts(properties());
    default:
      return [];
  }
}
function inSession(properties, fact) {
  const sessionId = text(properties.sessionID);
  return sessionId ? [fact(sessionId)] : [];
}
function sessionFacts(properties) {
  const info = fields(properties.info);
  const id = text(info.id);
  if (!id)
    return [];
  return [
    { kind: "session", id, parentId: text(info.parentID), createdMs: amount(fields(info.time).created) }
  ];
}
function versionFacts(properties) {
  const version = text(fields(properties.info).version);
  return version ? [{ kind: "host-version", version }] : [];
}
function deletedFacts(properties) {
  const id = text(fields(properties.info).id) ?? text(properties.sessionID);
  return id ? [{ kind: "session-deleted", id }] : [];
}
function statusFacts(properties) {
  const kind = fields(properties.status).type === "idle" ? "idle" : "busy";
  return inSession(properties, (sessionId) => ({ kind, sessionId }));
}
function askedFacts(properties, waitingFor) {
  const requestId = text(properties.id);
  if (!requestId)
    return [];
  return inSession(properties, (sessionId) => ({ kind: "asked", sessionId, requestId, waitingFor }));
}
function answeredFacts(properties) {
  const requestId = text(properties.requestID);
  if (!requestId)
    return [];
  return inSession(properties, (sessionId) => ({ kind: "answered", sessionId, requestId }));
}
function stepFacts(info) {
  const step = info.role === "assistant" ? finalStep(info) : undefined;
  return step ? [{ kind: "step", step }] : [];
}
function finalStep(info) {
  const id = text(info.id);
  const sessionId = text(info.sessionID);
  const time = fields(info.time);
  const createdMs = amount(time.created);
  const completedMs = amount(time.completed);
  const isFinal = text(info.finish) !== undefined || completedMs !== undefined;
  if (!id || !sessionId || createdMs === undefined || !isFinal)
    return;
  const tokens = tokensOfMessage(info.tokens);
  const hasFinished = text(info.finish) !== undefined && !info.error;
  return {
    id,
    sessionId,
    model: `${text(info.providerID) ?? "unknown"}/${text(info.modelID) ?? "unknown"}`,
    createdMs,
    completedMs,
    tokens,
    costNanoUsd: toNanoUsd(amount(info.cost) ?? 0),
    isCounted: totalTokens(tokens) > 0 || hasFinished
  };
}
function catalogueOf(meter, input) {
  try {
    const provider = fields(fields(fields(input).client).provider);
    if (typeof provider.list !== "function")
      return;
    return new Catalogue(pricesPath(process.env), async () => provider.list?.(), meter.problems);
  } catch (error) {
    meter.noteEventProblem(error);
    return;
  }
}
function listenWith(meter, input) {
  try {
    const app = fields(fields(fields(input).client).app);
    if (typeof app.log !== "function")
      return;
    meter.problems.setListener((message) => app.log?.({ body: { service: "octally", level: "warn", message } }));
  } catch (error) {
    meter.noteEventProblem(error);
  }
}

// src/host-v2.ts
import { setTimeout as sleep2 } from "node:timers/promises";
async function setup(context) {
  try {
    const feed = fields(context).event;
    if (typeof feed?.subscribe !== "function")
      return;
    const process2 = shared();
    process2.host ??= "2.x";
    return process2.host === "2.x" ? follow(process2.meter, feed) : undefined;
  } catch {
    return;
  }
}
var PAUSE_MS = 5000;
function follow(meter, feed, pauseMs = PAUSE_MS) {
  const abort = new AbortController;
  meter.attach();
  keepReading(meter, feed, abort.signal, pauseMs);
  return async () => {
    if (abort.signal.aborted)
      return;
    abort.abort();
    await meter.detach();
  };
}
async function keepReading(meter, feed, signal, pauseMs) {
  const reader = new FeedReader;
  while (!signal.aborted) {
    await read(meter, feed, signal, reader);
    await sleep2(pauseMs, undefined, { signal, ref: false }).catch(() => {});
  }
}
async function read(meter, feed, signal, reader) {
  try {
    for await (const item of feed.subscribe({ signal })) {
      if (signal.aborted)
        return;
      const event = fields(item);
      meter.apply(reader.factsOf(event), text(event.id));
    }
  } catch (error) {
    if (!signal.aborted)
      meter.noteEventProblem(error);
  }
}
var MAX_OPEN_STEPS = 1024;

class FeedReader {
  starts = new Map;
  factsOf(event) {
    const data = fields(event.data);
    const createdMs = amount(event.created);
    switch (event.type) {
      case "session.created":
        return sessionFacts2(data, createdMs);
      case "session.deleted":
        return inSession2(data, (id) => ({ kind: "session-deleted", id }));
      case "session.execution.started":
        return inSession2(data, (sessionId) => ({ kind: "busy", sessionId }));
      case "session.execution.succeeded":
      case "session.execution.failed":
      case "session.execution.interrupted":
        return inSession2(data, (sessionId) => ({ kind: "idle", sessionId }));
      case "session.step.started":
        return this.noteStart(data, createdMs);
      case "session.step.ended":
      case "session.step.failed":
        return this.stepFacts(data, createdMs);
      case "permission.asked":
        return askedFacts2(data, "permission");
      case "form.created":
        return askedFacts2(data, "question");
      case "permission.replied":
      case "form.replied":
      case "form.cancelled":
        return answeredFacts2(data);
      default:
        return [];
    }
  }
  noteStart(data, createdMs) {
    const id = text(data.assistantMessageID);
    const startedMs = amount(data.started) ?? createdMs;
    if (!id || startedMs === undefined)
      return [];
    this.starts.delete(id);
    this.starts.set(id, { model: modelName(data.model), startedMs });
    const oldest = this.starts.keys().next();
    if (this.starts.size > MAX_OPEN_STEPS && !oldest.done)
      this.starts.delete(oldest.value);
    return inSession2(data, (sessionId) => ({ kind: "busy", sessionId }));
  }
  stepFacts(data, endedMs) {
    const id = text(data.assistantMessageID);
    const sessionId = text(data.sessionID);
    const start = id ? this.starts.get(id) : undefined;
    const createdMs = start?.startedMs ?? endedMs;
    if (!id || !sessionId || createdMs === undefined)
      return [];
    const tokens = disjointTokens(data.tokens);
    const step = {
      id,
      sessionId,
      model: start?.model ?? modelName(undefined),
      createdMs,
      completedMs: endedMs,
      tokens,
      costNanoUsd: toNanoUsd(amount(data.cost) ?? 0),
      isCounted: totalTokens(tokens) > 0 || text(data.finish) !== undefined && !data.error
    };
    return [{ kind: "step", step }];
  }
}
function modelName(model) {
  return `${text(fields(model).providerID) ?? "unknown"}/${text(fields(model).id) ?? "unknown"}`;
}
function inSession2(data, fact) {
  const sessionId = text(data.sessionID);
  return sessionId ? [fact(sessionId)] : [];
}
function sessionFacts2(data, createdMs) {
  const id = text(data.sessionID);
  if (!id)
    return [];
  const version = text(data.version);
  const session = { kind: "session", id, parentId: text(data.parentID), createdMs };
  return version ? [session, { kind: "host-version", version }] : [session];
}
function askedFacts2(data, waitingFor) {
  const requestId = text(data.id);
  if (!requestId)
    return [];
  return inSession2(data, (sessionId) => ({ kind: "asked", sessionId, requestId, waitingFor }));
}
function answeredFacts2(data) {
  const requestId = text(data.requestID) ?? text(data.formID) ?? text(data.id);
  if (!requestId)
    return [];
  return inSession2(data, (sessionId) => ({ kind: "answered", sessionId, requestId }));
}

// src/index.ts
var src_default = { id: "octally", server, setup };
export {
  src_default as default
};
