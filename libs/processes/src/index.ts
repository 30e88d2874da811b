export { PipedProcess, untilClosed, type PipedProcessOptions } from './piped-process.js';
export { StandbyPrograms } from './standby-programs.js';
export { programOutput, runProgram, type ProgramOptions } from './program.js';
