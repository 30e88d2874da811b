import * as Tabs from '@radix-ui/react-tabs';
import type { ReactNode } from 'react';
import { AuditSection } from './audit-section.js';
import { DeadLetterSection } from './dead-letter-section.js';
import { KeySection } from './key-section.js';
import { LimitSection } from './limit-section.js';
import { ModelSection } from './model-section.js';
import { UsageSection } from './usage-section.js';
import type { TextKey } from '../texts/en.data.js';
import { useTexts } from '../texts/text-store.js';

const SECTIONS: readonly { readonly label: TextKey; readonly Section: () => ReactNode }[] = [
  { label: 'admin.keys', Section: KeySection },
  { label: 'admin.models', Section: ModelSection },
  { label: 'admin.usage', Section: UsageSection },
  { label: 'admin.limits', Section: LimitSection },
  { label: 'admin.lettersTab', Section: DeadLetterSection },
  { label: 'admin.audit', Section: AuditSection },
];

/** What owners and administrators of a tenant look after: keys, models, usage, limits, work that failed, the audit log. */
export function AdminPage(): ReactNode {
  const { t } = useTexts();
  return (
    <>
      <h1 tabIndex={-1}>{t('admin.title')}</h1>
      <Tabs.Root defaultValue={SECTIONS[0]!.label}>
        <Tabs.List aria-label={t('admin.title')}>
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
