import { useMutation } from '@tanstack/react-query';
import { useState, type FormEvent, type ReactNode } from 'react';
import { api, dataOf } from '../api/api-client.js';
import type { operations } from '../generated/openapi.js';
import { useTexts } from '../texts/text-store.js';
import { FormEnd, formFaults, FormField, linesOf } from './form-field.js';

export type LessonEntry =
  operations['CoursesController_findLesson']['responses'][200]['content']['application/json'];

/** Fields of a lesson that are lists, one entry a line. */
const LISTS = ['objectives', 'key_points', 'examples'] as const;
const FIELDS = ['title', 'position', 'content', ...LISTS, 'teaching_style'] as const;
type Typed = Readonly<Record<(typeof FIELDS)[number], string>>;

/** Writes a lesson, a new one or a change of one, beside what it says to learner and coach. */
export function LessonForm(props: {
  readonly course: string;
  /** Undefined: a new one. */
  readonly lesson: LessonEntry | undefined;
  /** Where a new one stands. */
  readonly position: number;
  readonly onEnd: () => void;
}): ReactNode {
  const { course, lesson, position, onEnd } = props;
  const { t } = useTexts();
  const [typed, setTyped] = useState(() => typedOf(lesson, position));
  const saving = useMutation({
    mutationFn: async () => {
      const body = bodyOf(typed);
      const path = { id: course };
      if (!lesson) return dataOf(await api.POST('/api/v1/courses/{id}/lessons', { params: { path }, body }));
      const params = { path: { ...path, lesson: lesson.id } };
      return dataOf(
        await api.PATCH('/api/v1/courses/{id}/lessons/{lesson}', {
          params,
          body: { ...body, version: lesson.version },
        }),
      );
    },
    onSuccess: onEnd,
  });
  const faults = formFaults(saving.error, FIELDS);
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    if (!saving.isPending) saving.mutate();
  };
  const field = (name: keyof Typed) => ({
    name,
    value: typed[name],
    onChange: (value: string) => setTyped((before) => ({ ...before, [name]: value })),
    faults,
  });
  return (
    <div className="columns">
      <form className="card" onSubmit={submit} noValidate>
        <FormField label={t('teach.title')} {...field('title')} />
        <FormField label={t('teach.position')} type="number" step="1" {...field('position')} />
        <FormField label={t('teach.content')} rows={5} {...field('content')} />
        <FormField label={t('teach.objectives')} rows={3} {...field('objectives')} />
        <FormField label={t('teach.keyPoints')} rows={3} {...field('key_points')} />
        <FormField label={t('teach.examples')} rows={3} {...field('examples')} />
        <FormField label={t('teach.style')} {...field('teaching_style')} />
        <FormEnd faults={faults} isBusy={saving.isPending} save={t('home.save')}>
          <button type="button" onClick={onEnd}>
            {t('teach.cancel')}
          </button>
        </FormEnd>
      </form>
      <section aria-labelledby="sample-title">
        <h2 id="sample-title">{t('teach.asSeen')}</h2>
        <div className="card sample">
          <p>
            <strong>{typed.title || '…'}</strong>
          </p>
          <p className="said">{typed.content}</p>
          {LISTS.map((name) => (
            <ul key={name}>
              {linesOf(typed[name]).map((line, index) => (
                <li key={index}>{line}</li>
              ))}
            </ul>
          ))}
        </div>
      </section>
    </div>
  );
}

function typedOf(lesson: LessonEntry | undefined, position: number): Typed {
  return {
    title: lesson?.title ?? '',
    position: String(lesson?.position ?? position),
    content: lesson?.content ?? '',
    objectives: (lesson?.objectives ?? []).join('\n'),
    key_points: (lesson?.key_points ?? []).join('\n'),
    examples: (lesson?.examples ?? []).join('\n'),
    teaching_style: lesson?.teaching_style ?? '',
  };
}

function bodyOf({ title, position, content, teaching_style, ...lists }: Typed) {
  return {
    ...{ title, content, teaching_style, position: Number(position) },
    ...{ objectives: linesOf(lists.objectives), key_points: linesOf(lists.key_points) },
    examples: linesOf(lists.examples),
  };
}
