"""DGL's PinSAGE example (examples/pytorch/pinsage in its repository): sampler, model and training step as written there.

Left out are its command line and torchtext, of which it uses a vocabulary look-up. With `trimmed`, titles are looked up in tables
made once, instead of being numericalised and padded again for every batch.
"""

import dgl
import torch
import torch.nn as nn
import torch.nn.functional as F
import dgl.function as fn

PADDING = 1


class Sampler:
    def __init__(self, graph, r):
        self.graph = graph
        self.batch = r["batch"]
        self.layers = [
            dgl.sampling.PinSAGESampler(graph, "item", "user", r["hops"], 0.5, r["walks"], r["neighbors"])
            for _ in range(r["layers"])
        ]

    def pairs(self):
        items = self.graph.num_nodes("item")
        heads = torch.randint(0, items, (self.batch,))
        tails = dgl.sampling.random_walk(self.graph, heads, metapath=["watched-by", "watched"])[0][:, 2]
        negatives = torch.randint(0, items, (self.batch,))
        found = tails != -1
        return heads[found], tails[found], negatives[found]

    def __call__(self):
        heads, tails, negatives = self.pairs()
        items = self.graph.num_nodes("item")
        positive, negative = (
            dgl.graph((heads, other), num_nodes=items) for other in (tails, negatives)
        )
        positive, negative = dgl.compact_graphs([positive, negative])
        seeds = positive.ndata[dgl.NID]
        blocks = []
        for layer in self.layers:
            frontier = layer(seeds)
            edges = frontier.edge_ids(torch.cat([heads, heads]), torch.cat([tails, negatives]), return_uv=True)[2]
            if len(edges) > 0:
                frontier = dgl.remove_edges(frontier, edges)
            block = dgl.to_block(frontier, seeds)
            block.edata["weights"] = frontier.edata["weights"][block.edata[dgl.EID]]
            seeds = block.srcdata[dgl.NID]
            blocks.insert(0, block)
        return positive, negative, blocks


class Features(nn.Module):
    """Genres and title words, each projected, and summed."""

    def __init__(self, data, hidden, trimmed):
        super().__init__()
        self.genres, self.titles, self.trimmed = data["genres"], data["titles"], trimmed
        self.project = nn.Linear(self.genres.shape[1], hidden)
        self.words = nn.Embedding(data["words"], hidden, padding_idx=PADDING)
        if trimmed:
            self.lengths = torch.tensor([len(title) for title in self.titles])
            self.table = torch.full((len(self.titles), int(self.lengths.max())), PADDING)
            for row, title in enumerate(self.titles):
                self.table[row, : len(title)] = torch.tensor(title)
        else:
            self.vocabulary = {str(word): word for word in range(data["words"])}
            self.tokens = [[str(word) for word in title] for title in self.titles]

    def look_up(self, nodes):
        if self.trimmed:
            lengths = self.lengths[nodes]
            return self.table[nodes, : int(lengths.max())], lengths
        examples = [self.tokens[node] for node in nodes.numpy()]
        longest = max(len(example) for example in examples)
        lengths = torch.tensor([len(example) for example in examples])
        rows = []
        for example in examples:
            ids = torch.asarray([self.vocabulary[token] for token in example])
            rows.append(F.pad(ids, (0, longest - len(ids)), value=PADDING))
        return torch.stack(rows), lengths

    def assign(self, blocks):
        """As the example's collator: for the sources of the first block and for the destinations of the last."""
        for data in (blocks[0].srcdata, blocks[-1].dstdata):
            data["genres"] = self.genres[data[dgl.NID]]
            data["title"], data["title__len"] = self.look_up(data[dgl.NID])

    def forward(self, data):
        words = self.words(data["title"]).sum(1) / data["title__len"].unsqueeze(1).float()
        return self.project(data["genres"]) + words


class WeightedConv(nn.Module):
    def __init__(self, hidden):
        super().__init__()
        self.q, self.w = nn.Linear(hidden, hidden), nn.Linear(2 * hidden, hidden)
        self.dropout = nn.Dropout(0.5)

    def forward(self, block, h):
        with block.local_scope():
            block.srcdata["n"] = F.relu(self.q(self.dropout(h)))
            block.edata["w"] = block.edata["weights"].float()
            block.update_all(fn.u_mul_e("n", "w", "m"), fn.sum("m", "n"))
            block.update_all(fn.copy_e("w", "m"), fn.sum("m", "ws"))
            pooled = block.dstdata["n"] / block.dstdata["ws"].unsqueeze(1).clamp(min=1)
            z = F.relu(self.w(self.dropout(torch.cat([pooled, h[: block.num_dst_nodes()]], 1))))
            norm = z.norm(2, 1, keepdim=True)
            return z / torch.where(norm == 0, torch.tensor(1.0), norm)


class Model(nn.Module):
    def __init__(self, data, r):
        super().__init__()
        self.features = Features(data, r["hidden"], r["trimmed"])
        self.layers = nn.ModuleList([WeightedConv(r["hidden"]) for _ in range(r["layers"])])
        self.bias = nn.Parameter(torch.zeros(len(data["titles"]), 1))

    def scores(self, graph, h):
        with graph.local_scope():
            graph.ndata["h"] = h
            graph.apply_edges(fn.u_dot_v("h", "h", "s"))
            source, target = graph.edges()
            bias = self.bias[graph.ndata[dgl.NID]]
            return graph.edata["s"] + bias[source] + bias[target]

    def forward(self, positive, negative, blocks):
        h, residual = self.features(blocks[0].srcdata), self.features(blocks[-1].dstdata)
        for layer, block in zip(self.layers, blocks):
            h = layer(block, h)
        h = residual + h
        return (self.scores(negative, h) - self.scores(positive, h) + 1).clamp(min=0)


def make_step(r):
    users, items = torch.tensor(r["users"]), torch.tensor(r["items"])
    graph = dgl.heterograph({("user", "watched", "item"): (users, items), ("item", "watched-by", "user"): (items, users)})
    graph.create_formats_()
    data = {"genres": torch.tensor(r["genres"], dtype=torch.float32), "titles": r["titles"], "words": r["words"]}
    sampler, model = Sampler(graph, r), Model(data, r)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-5)

    def step():
        positive, negative, blocks = sampler()
        model.features.assign(blocks)
        loss = model(positive, negative, blocks).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return step
