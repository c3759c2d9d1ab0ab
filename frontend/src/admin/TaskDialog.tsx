import { CreateProductDialog } from './CreateProductDialog';
import { EditProductDialog } from './EditProductDialog';
import { RestockDialog } from './RestockDialog';
import type { Task } from './task';
import type { RestockKeys } from './useRestockKeys';

type Props = { task: Task; restockKeys: RestockKeys; close: () => void };

export default function TaskDialog({ task, restockKeys, close }: Props) {
  switch (task.kind) {
    case 'create':
      return <CreateProductDialog close={close} />;
    case 'edit':
      return <EditProductDialog product={task.product} close={close} />;
    case 'restock':
      return <RestockDialog product={task.product} keys={restockKeys} close={close} />;
  }
}
