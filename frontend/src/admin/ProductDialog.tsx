import type { Product } from '../api/types';
import { CreateProductDialog } from './CreateProductDialog';
import { EditProductDialog } from './EditProductDialog';
import { RestockDialog } from './RestockDialog';

export type ProductAction =
  | { kind: 'create' }
  | { kind: 'edit'; product: Product }
  | { kind: 'restock'; product: Product };

type Props = { action: ProductAction; close: () => void };

export default function ProductDialog({ action, close }: Props) {
  switch (action.kind) {
    case 'create':
      return <CreateProductDialog close={close} />;
    case 'edit':
      return <EditProductDialog product={action.product} close={close} />;
    case 'restock':
      return <RestockDialog product={action.product} close={close} />;
  }
}
