'use strict';

const assert = require('node:assert/strict');

// A known object graph in this heap, and the judgement whether a snapshot shows it:
//   globalThis.rsprofPlanted -> PlantedVault .plantedDrawer -> PlantedDrawer .plantedGems[] -> PlantedGem

class PlantedVault {
  constructor(gems) {
    this.plantedDrawer = new PlantedDrawer(gems);
    this.plantedNumber = 1;
  }
}

class PlantedDrawer {
  constructor(gems) {
    this.plantedGems = Array.from({ length: gems }, (_, at) => new PlantedGem(at));
  }
}

class PlantedGem {
  constructor(at) {
    this.plantedLabel = `planted gem ${at}`;
    this.plantedOwner = undefined;
  }
}

const GEMS = 7;

function plant() {
  globalThis.rsprofPlanted = new PlantedVault(GEMS);
  return globalThis.rsprofPlanted;
}

/** Checks that the planted graph is in a snapshot, by class names, properties and retaining path. */
function assertPlanted(snapshot, { vaults = 1 } = {}) {
  const [vault, ...others] = snapshot.nodesNamed('PlantedVault').filter(isInstance(snapshot));
  assert.ok(vault !== undefined, 'the vault is found by its class');
  assert.equal(others.length, vaults - 1, 'no other vault');
  assert.ok(snapshot.propertyNames(vault).includes('plantedDrawer'));
  const drawer = snapshot.follow(vault, 'plantedDrawer');
  assert.equal(snapshot.name(drawer), 'PlantedDrawer');
  const list = snapshot.follow(drawer, 'plantedGems');
  assert.equal(snapshot.name(list), 'Array');
  const gems = snapshot.nodesNamed('PlantedGem').filter(isInstance(snapshot));
  assert.equal(gems.length, GEMS * vaults, 'every gem is there');
  const path = snapshot.pathFromRoot(gems[0]);
  assert.ok(path, 'a gem is retained from the root');
  for (const name of ['rsprofPlanted', 'plantedDrawer', 'plantedGems']) {
    assert.ok(path.includes(name), `the retaining path names ${name}: ${path.join(' -> ')}`);
  }
}

/** The prototype object of a class has the class's name too: instances have own properties. */
function isInstance(snapshot) {
  return (node) => snapshot.propertyNames(node).some((name) => name.startsWith('planted'));
}

module.exports = { plant, assertPlanted, GEMS };
