import { useEffect, useRef, useState, type ReactNode } from 'react';
import { useTexts } from '../texts/text-store.js';

const PICTURE_PIXELS = 240;

/** Where a photograph is dropped or chosen, and what is read is shown. */
export function PictureField(props: {
  readonly picture: Blob | undefined;
  readonly onPicture: (picture: Blob) => void;
}): ReactNode {
  const { picture, onPicture } = props;
  const { t } = useTexts();
  const canvas = useRef<HTMLCanvasElement>(null);
  const [isOver, setIsOver] = useState(false);
  const [isVisible, setIsVisible] = useState(false);
  useEffect(() => {
    let isCurrent = true;
    const show = async (file: Blob): Promise<void> => {
      const image = await createImageBitmap(file, { resizeHeight: PICTURE_PIXELS, resizeQuality: 'medium' });
      if (!isCurrent) return image.close();
      canvas.current!.width = image.width;
      canvas.current!.height = image.height;
      canvas.current!.getContext('2d')!.drawImage(image, 0, 0);
      image.close();
      setIsVisible(true);
    };
    setIsVisible(false);
    // A file that is no picture is told by the platform.
    if (picture) void show(picture).catch(() => undefined);
    return () => {
      isCurrent = false;
    };
  }, [picture]);
  return (
    <div
      className={isOver ? 'drop over' : 'drop'}
      onDragOver={(event) => {
        event.preventDefault();
        setIsOver(true);
      }}
      onDragLeave={() => setIsOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setIsOver(false);
        const dropped = event.dataTransfer.files[0];
        if (dropped) onPicture(dropped);
      }}
    >
      <label>
        {t('signs.drop')}{' '}
        <input
          type="file"
          accept="image/jpeg,image/png,image/webp"
          onChange={({ target }) => {
            if (target.files?.[0]) onPicture(target.files[0]);
            // The same file may be chosen again.
            target.value = '';
          }}
        />
      </label>
      <canvas
        ref={canvas}
        className="picture"
        hidden={!isVisible}
        role="img"
        aria-label={t('signs.picture')}
      />
    </div>
  );
}
