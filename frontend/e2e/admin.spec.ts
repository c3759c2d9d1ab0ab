import { expect, logIn, logInAsAdmin, putIntoCart, status, test, titled, uniqueName } from './shop';

test('given a new product by an admin, when a shopper orders it, then it is accepted and the stock is less', async ({
  page,
  elsewhere: shopper,
  someone,
}) => {
  const name = uniqueName('lantern');
  await logInAsAdmin(page);
  await page.goto('/admin/products');
  await page.getByRole('button', { name: 'New product' }).click();
  const dialog = page.getByRole('dialog', { name: 'New product' });
  await dialog.getByLabel('Name').fill(name);
  await dialog.getByLabel('Description').fill('Gives a warm light.');
  await dialog.getByLabel('Price in euros').fill('19.99');
  await dialog.getByLabel('Pieces in stock').fill('4');
  await dialog.getByRole('checkbox', { name: 'Furniture' }).check();
  await dialog.getByRole('button', { name: 'Add product' }).click();
  await expect(dialog).toBeHidden();
  await page.getByRole('searchbox', { name: 'Search products' }).fill(name);
  await expect(page.getByRole('row', { name: titled(name) })).toContainText('Only 4 left');

  await logIn(shopper, someone);
  await putIntoCart(shopper, name, 3);
  await shopper.goto('/cart');
  await shopper.getByRole('button', { name: 'Place order' }).click();
  await expect(status(shopper, 'Accepted')).toBeVisible();

  await page.getByRole('button', { name: `Restock ${titled(name)}` }).click();
  const restock = page.getByRole('dialog', { name: `Restock ${titled(name)}` });
  await restock.getByLabel('Pieces that came in').fill('30');
  await restock.getByRole('button', { name: 'Restock' }).click();
  await expect(page.getByRole('row', { name: titled(name) })).toContainText('31 in stock');

  await page.getByRole('button', { name: `Edit ${titled(name)}` }).click();
  const edit = page.getByRole('dialog', { name: `Edit ${titled(name)}` });
  await edit.getByLabel('Price in euros').fill('21.50');
  await edit.getByRole('checkbox', { name: 'Kitchen' }).check();
  await edit.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('row', { name: titled(name) })).toContainText('€21.50');
  await expect(page.getByRole('row', { name: titled(name) })).toContainText('Kitchen');
});

test('given a product, when an admin describes it anew in several lines, then shoppers read it in one', async ({
  page,
  api,
}) => {
  const product = await api.newProduct();
  await logInAsAdmin(page);
  await page.goto('/admin/products');
  await page.getByRole('searchbox', { name: 'Search products' }).fill(product.name);
  await page.getByRole('button', { name: `Edit ${titled(product.name)}` }).click();
  const edit = page.getByRole('dialog', { name: `Edit ${titled(product.name)}` });
  await edit.getByLabel('Description').fill('Warm light.\n  Made by hand.');
  await edit.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText(`${titled(product.name)} is changed.`)).toBeVisible();
  await page.goto(`/products/${encodeURIComponent(product.name)}`);
  await expect(page.getByText('Warm light. Made by hand.', { exact: true })).toBeVisible();
  await expect(page.getByText('€12.50')).toBeVisible();
});

test('given more products than a page holds, when an admin sorts and narrows the table, then the shop does it', async ({
  page,
  api,
}) => {
  const family = uniqueName('row').replaceAll(' ', '');
  for (let index = 1; index <= 52; index += 1) {
    await api.newProduct({ name: `${family} ${index}`, price: 100 - index, quantity: index === 7 ? 0 : 9 });
  }
  await logInAsAdmin(page);
  await page.goto('/admin/products');
  await page.getByRole('searchbox', { name: 'Search products' }).fill(family);
  const rows = page.getByRole('rowheader');
  await expect(rows).toHaveCount(50);
  await expect(rows.first()).toContainText(`${titled(family)} 1`);
  await expect(rows.nth(9)).toContainText(`${titled(family)} 10`);
  await expect(page.getByText('50+ products')).toBeVisible();
  await page.getByRole('button', { name: 'Show more' }).click();
  await expect(rows).toHaveCount(52);
  await expect(page.getByRole('link', { name: `${titled(family)} 51` })).toBeFocused();

  await page.getByRole('button', { name: 'Price' }).click();
  await expect(page.getByRole('columnheader', { name: 'Price' })).toHaveAttribute('aria-sort', 'ascending');
  await expect(rows.first()).toContainText(`${titled(family)} 52`);
  await page.getByRole('button', { name: 'Price' }).click();
  await expect(page.getByRole('columnheader', { name: 'Price' })).toHaveAttribute('aria-sort', 'descending');
  await expect(rows.first()).toContainText(`${titled(family)} 1`);

  await page.getByRole('combobox', { name: 'Stock' }).selectOption('Sold out');
  await expect(rows).toHaveCount(1);
  await expect(rows).toContainText(`${titled(family)} 7`);
});

test.describe('refusals', () => {
  test.use({ allowed: /status of (?:400|422)/ });

  test('given what the shop refuses, when an admin sends it, then the mistake is beside its field', async ({
    page,
    api,
  }) => {
    const product = await api.newProduct({ quantity: 2 });
    await logInAsAdmin(page);
    await page.goto('/admin/products');
    await page.getByRole('button', { name: 'New product' }).click();
    const dialog = page.getByRole('dialog', { name: 'New product' });
    await dialog.getByRole('button', { name: 'Add product' }).click();
    await expect(dialog.getByLabel('Name')).toHaveAccessibleDescription('Please enter a name.');
    await expect(dialog.getByText('Please choose at least one category.')).toBeVisible();
    await dialog.getByLabel('Name').fill(product.name);
    await dialog.getByLabel('Description').fill('Again.');
    await dialog.getByLabel('Price in euros').fill('1');
    await dialog.getByLabel('Pieces in stock').fill('1');
    await dialog.getByRole('checkbox', { name: 'Kitchen' }).check();
    await dialog.getByRole('button', { name: 'Add product' }).click();
    await expect(dialog.getByLabel('Name')).toHaveAccessibleDescription('Product already exists');
    await dialog.getByRole('button', { name: 'Cancel' }).click();

    await page.getByRole('searchbox', { name: 'Search products' }).fill(product.name);
    await page.getByRole('button', { name: `Restock ${titled(product.name)}` }).click();
    const restock = page.getByRole('dialog', { name: `Restock ${titled(product.name)}` });
    await restock.getByLabel('Pieces that came in').fill('-3');
    await restock.getByRole('button', { name: 'Restock' }).click();
    await expect(restock.getByLabel('Pieces that came in')).toHaveAccessibleDescription(
      /The stock cannot go below zero\./,
    );
  });

  test('given a new category, when it is made twice, then it is there once and the second is refused', async ({
    page,
  }) => {
    const name = uniqueName('shelf');
    await logInAsAdmin(page);
    await page.goto('/admin/products');
    await page.getByText(/^Categories \(/).click();
    await page.getByLabel('New category').fill(name);
    await page.getByRole('button', { name: 'Add category' }).click();
    await expect(page.getByRole('listitem').filter({ hasText: titled(name) })).toBeVisible();
    await page.getByLabel('New category').fill(name);
    await page.getByRole('button', { name: 'Add category' }).click();
    await expect(page.getByLabel('New category')).toHaveAccessibleDescription('Category already exists');
  });
});

test('given a shopper who is no admin, when they open the admin page, then it says so', async ({
  page,
  someone,
}) => {
  await logIn(page, someone);
  await page.goto('/admin/products');
  await expect(page.getByRole('heading', { name: 'This page is for admins' })).toBeVisible();
});
