/** Node's environment of jest with an ordinary global object. Jest's own is a proxy behind V8's interceptors, through which every `Math`, `Object`
 *  or `Promise` of the tested code is looked up: a loop over samples takes a hundred times as long. */
import vm from 'node:vm';
import { TestEnvironment } from 'jest-environment-node';

/** Suites whose services are counted where PARLANCE_COVERAGE says so: few that reach much. Each process writes some megabytes as it ends. */
const COUNTED_SUITES =
  /\/e2e\/(openapi|cross-tenant|cli|telegram|learner-journey|learn|converse|account-mail-oidc|socketio)\.spec\.ts$/;

export default class OrdinaryGlobals extends TestEnvironment {
  constructor(config, context) {
    const { createContext } = vm;
    vm.createContext = () => createContext(vm.constants.DONT_CONTEXTIFY);
    try {
      super(config, context);
    } finally {
      vm.createContext = createContext;
    }
    this.global.countsProcesses = COUNTED_SUITES.test(context.testPath);
  }
}
