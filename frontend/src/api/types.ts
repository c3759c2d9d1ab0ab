import type { components } from './schema';

export type Product = components['schemas']['ProductBody'];
export type Order = components['schemas']['Order'];
export type OrderLine = components['schemas']['Line'];
export type OrderStatus = Order['status'];
export type Problem = components['schemas']['Problem'];
export type FieldError = components['schemas']['FieldError'];
export type NewProduct = components['schemas']['NewProductFields'];
export type ProductChanges = components['schemas']['Changes'];
