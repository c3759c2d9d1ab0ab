import { ProductPicture } from './ProductPicture';

/** Stands above few words, where there would be a list of products otherwise. */
export function QuietPicture({ of }: { of: string }) {
  return (
    <div className="quiet-picture">
      <ProductPicture name={of} categories={[]} />
    </div>
  );
}
