import { lazyWithPreload } from '../ui/lazyWithPreload';

/** In a separate module, because placing an order preloads it. */
export const orderPage = lazyWithPreload(() => import('./OrderPage'));
