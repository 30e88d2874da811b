import { EXAM_PROMPTS, type ExamPrompt } from '@parlance/practice';

/** @returns undefined for an id that is no task's, also one of an earlier release */
export function findTask(id: string | undefined): ExamPrompt | undefined {
  return EXAM_PROMPTS.find((task) => task.id === id);
}

/** The task to do next: the first behind the current one that was not done yet; when all are done, simply the next.
 *  @param done  ids of the tasks with an answer
 *  @param current  id of the task on the table; absent at the beginning */
export function nextTask(
  done: ReadonlySet<string>,
  current: string | undefined,
  tasks = EXAM_PROMPTS,
): ExamPrompt {
  const start = tasks.findIndex(({ id }) => id === current) + 1;
  const inOrder = [...tasks.slice(start), ...tasks.slice(0, start)];
  return inOrder.find(({ id }) => id !== current && !done.has(id)) ?? inOrder[0]!;
}
