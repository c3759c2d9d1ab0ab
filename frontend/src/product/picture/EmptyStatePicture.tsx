import { ProductPicture } from './ProductPicture';

/** The picture above the text of an empty state. */
export function EmptyStatePicture({ of }: { of: string }) {
  return (
    <div className="empty-state-picture">
      <ProductPicture name={of} categories={[]} />
    </div>
  );
}
