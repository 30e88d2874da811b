export { PipedProcess, untilClosed, type PipedProcessOptions } from './piped-process.js';
export { programOutput, runProgram, type ProgramOptions } from './program.js';
