import { expect, logIn, logInAsAdmin, putIntoCart, status, test, titled, uniqueName } from './shop';

test('given a new product by an admin, when a shopper orders it, then it is accepted and the stock is less', async ({
  page,
  browser,
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

  const shopper = await (await browser.newContext()).newPage();
  await logIn(shopper, someone);
  await putIntoCart(shopper, name, 3);
  await shopper.goto('/cart');
  await shopper.getByRole('button', { name: 'Place order' }).click();
  await expect(status(shopper, 'Accepted')).toBeVisible();
  await shopper.context().close();

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
