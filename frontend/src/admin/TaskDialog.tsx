import { CreateProductDialog } from './CreateProductDialog';
import { EditProductDialog } from './EditProductDialog';
import { RestockDialog } from './RestockDialog';
import type { Task } from './task';

type Props = { task: Task; close: () => void };

export default function TaskDialog({ task, close }: Props) {
  switch (task.kind) {
    case 'create':
      return <CreateProductDialog close={close} />;
    case 'edit':
      return <EditProductDialog product={task.product} close={close} />;
    case 'restock':
      return <RestockDialog product={task.product} close={close} />;
  }
}
