import { useState, type ReactNode } from 'react';
import { api, dataOf, faultIn } from '../api/api-client.js';
import { playBlob } from '../api/play-blob.js';
import { useTexts } from '../texts/text-store.js';

/** A better version of what was said: to read, to listen to, and to say oneself where `onRepeat` is given. */
export function ImprovedText(props: {
  readonly text: string;
  readonly onRepeat?: (text: string) => void;
}): ReactNode {
  const { text, onRepeat } = props;
  const { t } = useTexts();
  const [problem, setProblem] = useState('');
  const listen = async (): Promise<void> => {
    setProblem('');
    try {
      const body = { input: text, model: 'tts-1', voice: 'alloy', response_format: 'wav' } as const;
      await playBlob(
        dataOf(await api.POST('/v1/audio/speech', { body, parseAs: 'blob' })) as unknown as Blob,
      );
    } catch (error) {
      setProblem(t('problem.any', { message: faultIn(error).message }));
    }
  };
  return (
    <>
      <p>
        {t('talk.improved')}: <q>{text}</q>
      </p>
      <p className="ways">
        <button type="button" onClick={() => void listen()}>
          {t('talk.hear')}
        </button>{' '}
        {onRepeat && (
          <button type="button" onClick={() => onRepeat(text)}>
            {t('talk.repeat')}
          </button>
        )}
        {problem && <span role="alert"> {problem}</span>}
      </p>
    </>
  );
}
