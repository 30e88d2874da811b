import { useMutation, useQuery } from '@tanstack/react-query';
import { useState, type FormEvent, type ReactNode } from 'react';
import { Refusal } from '../admin/admin-table.js';
import { api, ApiFault, dataOf, faultIn, queries } from '../api/api-client.js';
import { useTexts } from '../texts/text-store.js';
import { LessonForm, type LessonEntry } from './lesson-form.js';

const MOST_ROWS = 100;

/** The tenant's courses; the lessons of the one that is opened, and the lesson that is edited. */
export function CourseSection(): ReactNode {
  const { t } = useTexts();
  const [opened, setOpened] = useState<string>();
  const { data, error } = useQuery({
    queryKey: ['courses'],
    queryFn: async () =>
      dataOf(await api.GET('/api/v1/courses', { params: { query: { limit: MOST_ROWS } } })).courses,
  });
  const making = useMutation({
    mutationFn: async (title: string) => dataOf(await api.POST('/api/v1/courses', { body: { title } })),
    onSuccess: async ({ id }) => {
      await queries.invalidateQueries({ queryKey: ['courses'] });
      setOpened(id);
    },
  });
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    making.mutate(String(new FormData(event.currentTarget).get('title')).trim());
    event.currentTarget.reset();
  };
  const course = data?.find(({ id }) => id === opened);
  if (course)
    return <LessonSection course={course.id} title={course.title} onBack={() => setOpened(undefined)} />;
  return (
    <>
      <form className="typed" onSubmit={submit}>
        <label>
          {t('teach.newCourse')} <input name="title" required maxLength={200} />
        </label>
        <button type="submit" disabled={making.isPending}>
          {t('teach.create')}
        </button>
      </form>
      <Refusal error={error ?? making.error} t={t} />
      {data?.length === 0 && <p role="status">{t('teach.noCourses')}</p>}
      <ul className="cards">
        {data?.map(({ id, title, level, description }) => (
          <li key={id} className="card">
            <button type="button" onClick={() => setOpened(id)}>
              {title}
            </button>
            <p className="note">{[level, description].filter(Boolean).join(' · ')}</p>
          </li>
        ))}
      </ul>
    </>
  );
}

function LessonSection(props: {
  readonly course: string;
  readonly title: string;
  readonly onBack: () => void;
}): ReactNode {
  const { course, title, onBack } = props;
  const { t } = useTexts();
  const [edited, setEdited] = useState<LessonEntry | 'new'>();
  const { data, error } = useQuery({
    queryKey: ['lessons', course],
    queryFn: async () => {
      const params = { path: { id: course }, query: { limit: MOST_ROWS } };
      return dataOf(await api.GET('/api/v1/courses/{id}/lessons', { params })).lessons;
    },
  });
  const again = () => queries.invalidateQueries({ queryKey: ['lessons', course] });
  const deleting = useMutation({
    mutationFn: async ({ id: lesson, version }: LessonEntry) => {
      const params = { path: { id: course, lesson }, query: { version } };
      const answer = await api.DELETE('/api/v1/courses/{id}/lessons/{lesson}', { params });
      if (!answer.response.ok) throw new ApiFault(answer.response.status, faultIn(answer.error));
    },
    onSettled: again,
  });
  if (edited)
    return (
      <LessonForm
        course={course}
        lesson={edited === 'new' ? undefined : edited}
        position={data?.length ?? 0}
        onEnd={() => {
          setEdited(undefined);
          void again();
        }}
      />
    );
  return (
    <section aria-labelledby="course-title">
      <button type="button" className="quiet" onClick={onBack}>
        ← {t('teach.allCourses')}
      </button>
      <h2 id="course-title">{title}</h2>
      <Refusal error={error ?? deleting.error} t={t} />
      <ol className="plain">
        {data?.map((lesson) => (
          <li key={lesson.id} className="controls">
            <strong>{lesson.title}</strong>
            <button
              type="button"
              aria-label={`${t('teach.edit')}: ${lesson.title}`}
              onClick={() => setEdited(lesson)}
            >
              {t('teach.edit')}
            </button>
            <button
              type="button"
              aria-label={`${t('teach.delete')}: ${lesson.title}`}
              disabled={deleting.isPending}
              onClick={() => deleting.mutate(lesson)}
            >
              {t('teach.delete')}
            </button>
          </li>
        ))}
      </ol>
      <button type="button" className="main" onClick={() => setEdited('new')}>
        {t('teach.newLesson')}
      </button>
    </section>
  );
}
