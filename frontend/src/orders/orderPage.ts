import { later } from '../app/later';

/** Apart from the other pages, because placing an order brings it along. */
export const orderPage = later(() => import('./OrderPage'));
