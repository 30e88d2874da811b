import * as Tabs from '@radix-ui/react-tabs';
import type { ReactNode } from 'react';
import { useTexts } from '../texts/text-store.js';
import { CourseSection } from './courses.js';
import { LearnerSection } from './learners.js';
import { RubricSection } from './rubrics.js';
import { ScenarioSection } from './scenarios.js';

const SECTIONS = [
  { label: 'teach.learners', Section: LearnerSection },
  { label: 'teach.scenarios', Section: ScenarioSection },
  { label: 'teach.lessons', Section: CourseSection },
  { label: 'teach.rubrics', Section: RubricSection },
] as const;

/** What teachers look at and write: learners and how they do, scenarios, lessons, rubrics. */
export function TeachingPage(): ReactNode {
  const { t } = useTexts();
  return (
    <>
      <h1 tabIndex={-1}>{t('nav.teaching')}</h1>
      <Tabs.Root defaultValue={SECTIONS[0].label}>
        <Tabs.List aria-label={t('nav.teaching')}>
          {SECTIONS.map(({ label }) => (
            <Tabs.Trigger key={label} value={label}>
              {t(label)}
            </Tabs.Trigger>
          ))}
        </Tabs.List>
        {SECTIONS.map(({ label, Section }) => (
          <Tabs.Content key={label} value={label}>
            <Section />
          </Tabs.Content>
        ))}
      </Tabs.Root>
    </>
  );
}
