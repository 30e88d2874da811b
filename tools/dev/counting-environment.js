/**
 * The tests' environment, in which V8 counts what a worker runs. What jest itself counts with takes the figures of every script of
 * the process after each suite, which doubles the time; here they are taken once for several suites, and only ours are kept.
 */
import { appendFileSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import { join } from 'node:path';
import OrdinaryGlobals from './test-environment.js';

/** What is counted is kept in memory until it is taken, with the code of every suite since. */
const SUITES_A_TAKE = 12;
const OURS = /\/(apps|libs)\/[^/]+\/(src|dist)\/(?!.*\.spec\.ts$).*\.(ts|js)$/;
const folder = process.env.PARLANCE_COVERAGE;
/** A byte for each suite that has begun in any worker. */
const begun = join(folder, 'begun');

const session = new Session();
let isCounting = false;
let suites = 0;
let takes = 0;

/** In-process sessions answer at once. */
function post(method, parameters) {
  let answer;
  session.post(method, parameters, (error, result) => {
    if (error) throw new Error(`${method}: ${error.message}`);
    answer = result;
  });
  return answer;
}

function count() {
  if (isCounting) return;
  mkdirSync(folder, { recursive: true });
  // Of threads and processes that a test starts; this process was started without it.
  process.env.NODE_V8_COVERAGE = folder;
  session.connect();
  post('Profiler.enable');
  post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  isCounting = true;
}

function take() {
  const { result } = post('Profiler.takePreciseCoverage');
  post('Profiler.stopPreciseCoverage');
  post('Profiler.disable');
  session.disconnect();
  isCounting = false;
  suites = 0;
  const ours = result.filter(({ url }) => OURS.test(url));
  writeFileSync(join(folder, `coverage-${process.pid}-${takes++}.json`), JSON.stringify({ result: ours }));
}

export default class CountingEnvironment extends OrdinaryGlobals {
  constructor(config, context) {
    super(config, context);
    this.suites = config.projectConfig.testEnvironmentOptions.suites;
  }

  async setup() {
    await super.setup();
    count();
    appendFileSync(begun, '.');
  }

  async teardown() {
    suites++;
    // Once all have begun, this is the worker's last: it is ended without notice.
    if (suites >= SUITES_A_TAKE || statSync(begun).size >= this.suites) take();
    await super.teardown();
  }
}
