/** Node's environment of jest with an ordinary global object. Jest's own is a proxy behind V8's interceptors, through which every `Math`, `Object`
 *  or `Promise` of the tested code is looked up: a loop over samples takes a hundred times as long. */
import vm from 'node:vm';
import { TestEnvironment } from 'jest-environment-node';

export default class OrdinaryGlobals extends TestEnvironment {
  constructor(config, context) {
    const { createContext } = vm;
    vm.createContext = () => createContext(vm.constants.DONT_CONTEXTIFY);
    try {
      super(config, context);
    } finally {
      vm.createContext = createContext;
    }
  }
}
