import { LABELS } from '../api/group.js';
import type { SpeechModel, SpeechModelSpec } from '../api/speech-model.js';
import { digestOf } from '../kit/server-side-apply.js';

const REVISION_LENGTH = 8;

/** @returns the revision of a model: a digest of all that makes another version of it, and of nothing that the pods of a version
 *  can be given anew (where they run, how many, how long they drain)
 *  @param image  that its pods run */
export function revisionOf(
  { source, precision, language, resources, env }: SpeechModelSpec,
  image: string,
): string {
  return digestOf({
    source,
    precision,
    language,
    profile: resources.profile,
    gpus: resources.gpus,
    env,
    image,
  }).slice(0, REVISION_LENGTH);
}

export const workloadName = (name: string, revision: string): string => `${name}-${revision}`;

/** Labels by which Services, budgets and policies select the pods of a model, or of one of its revisions. */
export function selectorOf(name: string, revision?: string): Record<string, string> {
  return {
    'app.kubernetes.io/name': 'parlance',
    'app.kubernetes.io/component': 'inference',
    [LABELS.model]: name,
    ...(revision === undefined ? {} : { [LABELS.revision]: revision }),
  };
}

/** Labels of every object that is made for a model. */
export function labelsOf({ name }: Pick<SpeechModel, 'name'>, revision?: string): Record<string, string> {
  return { ...selectorOf(name, revision), [LABELS.managedBy]: 'parlance-operator' };
}
