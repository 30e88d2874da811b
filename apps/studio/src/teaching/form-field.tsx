import { useId, type ReactNode } from 'react';
import { FaultNote } from '../fault-note.js';
import { faultsOfFields } from './field-faults.js';

/** A refusal, with what it says of each field of a form. */
export interface FormFaults {
  readonly fields: Readonly<Record<string, string>>;
  /** What is about no field. */
  readonly rest: Error | null;
}

/** @param error  of the request that sends the form; null: it was not refused */
export function formFaults(error: Error | null, names: readonly string[]): FormFaults {
  // A request that never arrived names no fields.
  if (!error || error instanceof TypeError) return { fields: {}, rest: error };
  const { fields, rest } = faultsOfFields(error.message, names);
  return { fields, rest: rest === '' ? null : new Error(rest) };
}

/** A field of a form under its label, with a hint, and with what was refused of it. */
export function FormField(props: {
  readonly name: string;
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly faults: FormFaults;
  readonly hint?: string;
  /** Lines of a text; undefined: one line. */
  readonly rows?: number;
  readonly type?: 'text' | 'number';
  readonly step?: string;
  readonly required?: boolean;
}): ReactNode {
  const { name, label, value, onChange, faults, hint, rows, type = 'text', step, required = false } = props;
  const id = useId();
  const fault = faults.fields[name];
  const attributes = {
    id,
    name,
    value,
    required,
    'aria-invalid': fault !== undefined,
    'aria-describedby': `${id}-hint ${id}-fault`,
    onChange: ({ target }: { readonly target: { readonly value: string } }) => onChange(target.value),
  };
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {rows === undefined ? (
        <input type={type} step={step} {...attributes} />
      ) : (
        <textarea rows={rows} {...attributes} />
      )}
      <p className="hint" id={`${id}-hint`}>
        {hint}
      </p>
      <p className="fault" id={`${id}-fault`} role={fault === undefined ? undefined : 'alert'}>
        {fault}
      </p>
    </div>
  );
}

/** A field whose values are given. */
export function ChoiceField(props: {
  readonly name: string;
  readonly label: string;
  readonly value: string;
  readonly choices: readonly (readonly [value: string, label: string])[];
  readonly onChange: (value: string) => void;
  readonly faults: FormFaults;
}): ReactNode {
  const { name, label, value, choices, onChange, faults } = props;
  const id = useId();
  const fault = faults.fields[name];
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <select
        id={id}
        name={name}
        value={value}
        aria-invalid={fault !== undefined}
        aria-describedby={`${id}-fault`}
        onChange={({ target }) => onChange(target.value)}
      >
        {choices.map(([one, text]) => (
          <option key={one} value={one}>
            {text}
          </option>
        ))}
      </select>
      <p className="fault" id={`${id}-fault`} role={fault === undefined ? undefined : 'alert'}>
        {fault}
      </p>
    </div>
  );
}

/** What ends a form: what was refused of the whole, and the button that sends it. */
export function FormEnd(props: {
  readonly faults: FormFaults;
  readonly isBusy: boolean;
  readonly save: string;
  readonly children?: ReactNode;
}): ReactNode {
  const { faults, isBusy, save, children } = props;
  return (
    <>
      <FaultNote error={faults.rest} />
      <div className="controls">
        {/* Disabled it would lose the focus. */}
        <button type="submit" aria-disabled={isBusy} className="main">
          {save}
        </button>
        {children}
      </div>
    </>
  );
}

/** The lines of a text that say something. */
export function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
