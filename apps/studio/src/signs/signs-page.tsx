import { useMutation } from '@tanstack/react-query';
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { api, ApiFault, dataOf } from '../api/api-client.js';
import { FaultNote } from '../fault-note.js';
import type { TextKey } from '../texts/en.data.js';
import { useTexts } from '../texts/text-store.js';
import { CameraFault, closeCamera, openCamera, squareOf, type CameraProblem } from './camera.js';
import { PictureField } from './picture-field.js';
import { SignAnswerView } from './sign-answer.js';

/** What the gateway takes; a larger file need not be sent to be refused. */
const MOST_BYTES = 15 * 1024 ** 2;

/** What a person can do about a refusal of the platform. */
const REFUSALS: Readonly<Record<string, TextKey>> = {
  'image.no_hand': 'signs.noHand',
  'image.too_large': 'signs.tooLarge',
  'request.too_large': 'signs.tooLarge',
  'image.empty': 'signs.noImage',
  'image.unsupported_format': 'signs.noImage',
  'image.corrupt': 'signs.broken',
  'inference.overloaded': 'problem.busyServer',
  'model.not_found': 'signs.noModel',
};

/** Letters signed with one hand: the camera or a photograph in, the letter and its probability out. */
export function SignsPage(): ReactNode {
  const { t } = useTexts();
  const [picture, setPicture] = useState<Blob>();
  const reading = useMutation({
    mutationFn: async (image: Blob) => {
      if (image.size > MOST_BYTES) throw new ApiFault(413, { code: 'image.too_large', message: '' });
      const form = new FormData();
      form.set('image', image);
      return dataOf(await api.POST('/api/v1/signs', { body: { image: '' }, bodySerializer: () => form }));
    },
  });
  const read = (image: Blob): void => {
    setPicture(image);
    reading.mutate(image);
  };
  const { data, error, isPending } = reading;
  const refusal = error instanceof ApiFault ? REFUSALS[error.fault.code] : undefined;
  return (
    <>
      <h1 tabIndex={-1}>{t('signs.title')}</h1>
      <p>{t('signs.text')}</p>
      <div className="columns">
        <div>
          <CameraView onPicture={read} isBusy={isPending} />
          <PictureField picture={picture} onPicture={read} />
        </div>
        <div>
          {isPending && <p role="status">{t('signs.reading')}</p>}
          {refusal ? (
            <p role="alert" className="problem">
              {t(refusal)}
            </p>
          ) : (
            <FaultNote error={error} />
          )}
          {data && !isPending && <SignAnswerView answer={data} />}
        </div>
      </div>
    </>
  );
}

/** What the camera sees, as a mirror shows it, and the button that has it read. */
function CameraView(props: {
  readonly onPicture: (picture: Blob) => void;
  readonly isBusy: boolean;
}): ReactNode {
  const { onPicture, isBusy } = props;
  const { t } = useTexts();
  const video = useRef<HTMLVideoElement>(null);
  const [stream, setStream] = useState<MediaStream>();
  const [problem, setProblem] = useState<CameraProblem | 'gone'>();
  useEffect(() => {
    if (!stream) return undefined;
    const element = video.current!;
    element.srcObject = stream;
    void element.play().catch(() => undefined);
    return () => closeCamera(stream);
  }, [stream]);
  const open = async (): Promise<void> => {
    setProblem(undefined);
    try {
      setStream(
        await openCamera(() => {
          setStream(undefined);
          setProblem('gone');
        }),
      );
    } catch (error) {
      setProblem(error instanceof CameraFault ? error.problem : 'busy');
    }
  };
  return (
    <section aria-label={t('signs.camera')}>
      {problem && (
        <p role="alert" className="problem">
          {t(`signs.${problem}`)}
        </p>
      )}
      {stream && <video ref={video} className="camera" muted playsInline aria-label={t('signs.camera')} />}
      <p className="hint">{t('signs.hint')}</p>
      <p className="ways">
        {stream && (
          <button
            type="button"
            className="main"
            disabled={isBusy}
            onClick={() => void squareOf(video.current!).then(onPicture)}
          >
            {t('signs.read')}
          </button>
        )}{' '}
        <button
          type="button"
          {...(stream ? {} : { className: 'main' })}
          onClick={() => (stream ? setStream(undefined) : void open())}
        >
          {t(stream ? 'signs.closeCamera' : 'signs.openCamera')}
        </button>
      </p>
    </section>
  );
}
