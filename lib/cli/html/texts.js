'use strict';

/**
 * What the heap report says around its figures, by language. English is complete; Chinese has a sentence of
 * its own for each suspect, too, made of the report's fields, and the engine's English one stays below it.
 *
 * @module
 */

const { count, percent, plural, size } = require('../../units.js');
const { ruleLabel } = require('../labels.js');

const EN = {
  lang: 'en',
  verdict: 'Verdict',
  suspects: 'Suspects',
  overview: 'Overview',
  classes: 'Classes',
  objects: 'Biggest objects',
  duplicateStrings: 'Duplicate strings',
  collections: 'Collections',
  classesCaption: 'The classes that retain most',
  objectsCaption: 'The objects that retain most',
  duplicateStringsCaption: 'Texts that are there many times',
  collectionsCaption: 'Arrays, Maps and Sets',
  inside: 'Inside, by class',
  kindsTitle: 'What the heap is made of',
  kindsLabel: 'Kinds of objects by their share of the heap; the figures are in the table below',
  kindsCaption: 'Kinds of objects by shallow size',
  kind: (kind) => kind,
  columns: {
    class: 'Class',
    object: 'Object',
    text: 'Text',
    collection: 'Collection',
    kind: 'Kind',
    objects: 'Objects',
    shallow: 'Shallow',
    retained: 'Retained',
    share: 'Share',
    heldBy: 'Held by',
    copies: 'Copies',
    all: 'All of them',
    wasted: 'Wasted',
    entries: 'Entries',
    room: 'Room for',
    filled: 'Filled',
  },
  figures: {
    heap: 'heap',
    objects: 'objects',
    references: 'references',
    suspects: 'suspects',
    file: 'file',
    arrayBuffers: 'ArrayBuffers',
    externalStrings: 'external strings',
    otherNative: 'other native memory',
  },
  rule: ruleLabel,
  amount: ({ retainedSize, count: objects }) =>
    `of the heap, ${size(retainedSize)}${objects > 1 ? `, ${plural(objects, 'object')}` : ''}`,
  definedAt: 'Defined at',
  heldBy: 'Held by',
  whatToDo: 'What to do.',
  closer: 'Look closer:',
  more: (skipped) => `${skipped} more`,
  search: (title) => `Search ${title.toLowerCase()}`,
  process: 'Memory of the process',
  seen: 'seen by the snapshot',
  unseen: 'not seen',
  seenLabel: (share) =>
    `RSS of the process: ${percent(1 - share)} seen, ${percent(share)} not seen`,
  nothing:
    'Nothing stands out. If memory grows all the same, take a second snapshot some time later and compare:',
  compare: 'both are in the list of captures.',
};

const RULES_ZH = {
  object: ['单个对象占用很大'],
  group: ['同一类的对象很多'],
  'growing-array': [
    '只增不减的数组',
    '看起来是一个只往里加、从不清理的数组：最早放进去的元素还在。单个快照不能证明它在增长，比较两个快照可以。',
    '用完的元素要移除，或者给它设上限（LRU 缓存、过期时间）。',
  ],
  'growing-map': [
    '只增不减的 Map、Set 或对象',
    '看起来是一个只往里加、从不清理的集合：最早放进去的条目还在。单个快照不能证明它在增长，比较两个快照可以。',
    '用完的条目要删除，或者给它设上限（LRU 缓存、过期时间）。',
  ],
  'closure-context': [
    '闭包共享同一个作用域',
    '同一次调用里创建的函数共享一个作用域：只要其中一个函数用到某个变量，这个变量就会为所有函数保留，于是每个新对象都让前一个对象活着。',
    '在外层函数结束时把这个变量设为 null，或者把内层函数移到别处创建。',
  ],
  listeners: [
    '监听器不断堆积',
    '同一个事件的监听器被反复添加而从不移除；每一个都会让它的函数所引用的东西活着。',
    '把添加监听器的代码移到重复执行的部分之外，只加一次；或者用 off()、once()、{ signal } 移除它。',
  ],
  'module-children': [
    '模块被反复加载',
    '删除 require.cache 中的条目会让文件重新加载，但父模块的 module.children 以及旧副本注册过的东西仍然引用着每一个副本。',
    '不要在运行中的服务里删除 require.cache：数据用 fs 和 JSON.parse 读取，或者同时把旧模块从 module.parent.children 中移除。',
  ],
  timers: [
    '定时器从未清除',
    '定时器在被清除或执行完之前一直存在，并让它的函数所引用的东西活着。',
    '保存 setTimeout()、setInterval() 的返回值，在其所有者结束时清除它。',
  ],
  sockets: [
    '套接字没有关闭',
    '套接字要到两端都结束或被销毁时才会消失；每一个都保留着自己的缓冲区和监听器所引用的东西。',
    '设置超时（socket.setTimeout、server.keepAliveTimeout），出错和重连之前调用 destroy()，并关注 server.getConnections()。',
  ],
  promises: [
    'Promise 一直没有结果',
    '停在 await 上的异步函数会保留它的局部变量，直到 Promise 有结果；而这里没有人让它有结果。',
    '每种情况下都要让 Promise 有结果：出错和关闭时 reject，长时间的等待要与超时竞争（AbortSignal.timeout）。',
  ],
  'async-local-storage': [
    'AsyncLocalStorage 的存储没有释放',
    '在 AsyncLocalStorage.run() 里开始的一切（Promise、定时器、套接字）都会保留它的存储；永不结束的东西就永远保留它。',
    '长期运行的工作要在请求之外开始：用 AsyncLocalStorage.exit()，或在启动时用 AsyncResource.bind()；并结束还在等待的东西。',
  ],
  'detached-context': [
    '不再使用的 vm 上下文',
    'vm.createContext() 会创建一整套内置对象；只要里面有一个函数或对象被保留，整套都会被保留。',
    '重复使用同一个上下文，或者不让里面的东西流出：结果复制成普通数据，丢掉在里面创建的函数。',
  ],
  'external-memory': [
    'V8 堆之外的内存',
    'Buffer、ArrayBuffer 和类型化数组的内容不在 V8 的堆里：--max-old-space-size 不限制它们，heapUsed 也看不到；process.memoryUsage() 的 `external` 和 `arrayBuffers` 可以看到。',
    'Buffer 写出或解析之后就放开；只需要大 Buffer 的一小部分时，复制出来（Buffer.from(part)），不要保留视图。',
  ],
  'duplicate-strings': [
    '同样的文本重复很多次',
    'JSON.parse、网络和文件的读取每次都会产生新的字符串，即使同样的文本已经存在。',
    '重复的文本只保留一份（用 Map 从文本映射到它自己），或者不保留解析后的结果。',
  ],
};

const PLAIN_ADVICE_ZH = '找出是谁不断往里加而从不移除：给它设上限，或移除已经用完的东西。';

const named = ({ name, kind, id }) => `${name === '' ? `(${kind})` : name} @${id}`;

const objectsZh = (number, className) => `${count(number)} 个 ${className} 对象`;

/** What a rule has found; the others are told by who holds what. */
const SENTENCES_ZH = {
  'closure-context': ({ of, object }) =>
    `${object ? `从 ${named(object)} 开始的` : ''}一串函数作用域占${of}，每个作用域都让前一个活着。`,
  listeners: ({ of, object, number }) =>
    `${object ? `${named(object)} 上` : ''}同一个事件的 ${number} 个监听器占${of}。`,
  'module-children': ({ of, number }) => `同一个文件的 ${number} 个模块副本被加载，占${of}。`,
  timers: ({ of, number }) => `${number} 个等待中的定时器占${of}。`,
  sockets: ({ of, number }) => `${number} 个套接字占${of}。`,
  promises: ({ of, number }) => `${number} 次异步函数调用在等待没有结果的 Promise，占${of}。`,
  'async-local-storage': ({ of, number }) =>
    `${number} 个 AsyncLocalStorage 的存储被保留，占${of}。`,
  'detached-context': ({ of, number }) => `${number} 个 node:vm 的上下文被保留，占${of}。`,
  'external-memory': ({ bytes, number }) =>
    `${bytes} 在 V8 的堆之外，属于 ${number} 个 Buffer 或 ArrayBuffer。`,
  'duplicate-strings': ({ of, number }) => `${number} 个字符串是重复的副本，浪费了${of}。`,
};

/** Who holds what, and how much, of the fields of a suspect. */
function sentenceZh(suspect) {
  const { rule, retainedSize, share, count: objects, object, accumulationPoint } = suspect;
  const of = `堆的 ${percent(share)}（${size(retainedSize)}）`;
  const own = SENTENCES_ZH[rule];
  if (own) return own({ of, object, number: count(objects), bytes: size(retainedSize) });
  const what = suspect.className === null ? '' : objectsZh(objects, suspect.className);
  const inside = what && `：${what}`;
  if (!object)
    return `${what}共占${of}；没有任何单个对象持有全部。多数挂在 ${suspect.pathText} 上。`;
  if (!accumulationPoint || accumulationPoint.id === object.id) {
    return `${named(object)} 持有${of}${inside}。`;
  }
  return `${named(object)} 持有${of}，积累在 ${named(accumulationPoint)} 中${inside}。`;
}

function verdictZh({ suspects, overview }) {
  const [first, ...others] = suspects;
  if (!first) return `没有嫌疑：${size(overview.totalSize)} 的堆中没有突出的对象。`;
  const more = others.length > 0 ? `另有 ${others.length} 个嫌疑。` : '';
  return `${sentenceZh(first)}${more}`;
}

/** V8's types of nodes. */
const KINDS_ZH = {
  object: '对象',
  string: '字符串',
  'concatenated string': '拼接的字符串',
  'sliced string': '切片的字符串',
  number: '数字',
  bigint: 'BigInt',
  symbol: '符号',
  array: '内部数组',
  code: '代码',
  closure: '函数',
  regexp: '正则表达式',
  'object shape': '对象形状',
  native: '原生对象',
  hidden: 'V8 内部对象',
  synthetic: '根的分组',
};

const ZH = {
  lang: 'zh',
  verdict: '结论',
  suspects: '嫌疑',
  overview: '概览',
  classes: '类',
  objects: '最大的对象',
  duplicateStrings: '重复的字符串',
  collections: '集合',
  classesCaption: '保留内存最多的类',
  objectsCaption: '保留内存最多的对象',
  duplicateStringsCaption: '多次出现的文本',
  collectionsCaption: '数组、Map 和 Set',
  inside: '内部，按类',
  kindsTitle: '堆的组成',
  kindsLabel: '各种对象占堆的比例；数字见下表',
  kindsCaption: '各种对象，按浅层大小',
  kind: (kind) => KINDS_ZH[kind] ?? kind,
  columns: {
    class: '类',
    object: '对象',
    text: '文本',
    collection: '集合',
    kind: '种类',
    objects: '对象数',
    shallow: '浅层大小',
    retained: '保留大小',
    share: '占比',
    heldBy: '引用路径',
    copies: '副本数',
    all: '合计',
    wasted: '浪费',
    entries: '条目数',
    room: '容量',
    filled: '填充率',
  },
  figures: {
    heap: '堆',
    objects: '对象',
    references: '引用',
    suspects: '嫌疑',
    file: '文件',
    arrayBuffers: 'ArrayBuffer',
    externalStrings: '外部字符串',
    otherNative: '其他原生内存',
  },
  rule: (rule) => RULES_ZH[rule]?.[0] ?? ruleLabel(rule),
  sentence: sentenceZh,
  explanation: ({ rule }) => RULES_ZH[rule]?.[1],
  advice: ({ rule }) => RULES_ZH[rule]?.[2] ?? PLAIN_ADVICE_ZH,
  verdictSentence: verdictZh,
  amount: ({ retainedSize, count: objects }) =>
    `的堆内存，${size(retainedSize)}${objects > 1 ? `，${count(objects)} 个对象` : ''}`,
  definedAt: '定义于',
  heldBy: '引用路径',
  whatToDo: '怎么办：',
  closer: '进一步查看：',
  more: (skipped) => `还有 ${skipped} 步`,
  search: (title) => `搜索${title}`,
  process: '进程的内存',
  seen: '快照能看到',
  unseen: '快照看不到',
  seenLabel: (share) => `进程的 RSS：${percent(1 - share)} 能看到，${percent(share)} 看不到`,
  unseenSentence: ({ rss, seen, unseen, unseenShare }) =>
    `拍快照时进程占用内存（RSS）${size(rss)}，快照能说明其中的 ${size(seen)}；其余 ${size(unseen)}（${percent(unseenShare)}）看不到：程序代码、V8 各空间的空闲部分、栈、原生库。`,
  nothing: '没有突出的对象。如果内存仍在增长，过一段时间再拍一个快照并比较：',
  compare: '两个都在捕获列表中。',
};

/** @type {Readonly<Record<'en'|'zh', object>>} */
const TEXTS = Object.freeze({ en: EN, zh: ZH });

module.exports = { TEXTS };
