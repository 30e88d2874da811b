import * as Tabs from '@radix-ui/react-tabs';
import type { ReactNode } from 'react';
import { useTexts } from '../texts/text-store.js';
import { ContestSection } from './contests.js';
import { keptExam } from './exam-progress.js';
import { ExamSection } from './exams.js';
import { QuestionSection } from './questions.js';

const SECTIONS = [
  { label: 'practice.questions', Section: QuestionSection },
  { label: 'practice.contests', Section: ContestSection },
  { label: 'practice.exams', Section: ExamSection },
] as const;

/** What a learner practises beside conversations: ten questions, contests, exams. */
export function PracticePage(): ReactNode {
  const { t } = useTexts();
  return (
    <>
      <h1 tabIndex={-1}>{t('practice.title')}</h1>
      {/* Who comes back to an exam has no time to look for it. */}
      <Tabs.Root defaultValue={keptExam() ? 'practice.exams' : SECTIONS[0].label}>
        <Tabs.List aria-label={t('practice.title')}>
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
