import { gatherFeatures, release, randomWords } from '@pinsage/native';
const pins=1_000_000,width=256,count=100_000;
const mode=process.argv[2]; const dt=process.argv[3]??'f32';
const T={f32:Float32Array,f16:Uint16Array,i8:Int8Array}[dt];
const values=new T(pins*width).fill(3);
const src={kind:'dense',values,width,dtype:dt,scale:1};
const ts=[],pfs=[];
for(let r=0;r<40;r++){
 const w=randomWords(BigInt(r),[0,0,0],0,count).map(x=>Math.floor(x/2**32*pins));
 const pf0=process.resourceUsage().minorPageFault; const t=performance.now();
 const f=await gatherFeatures([src],w);
 ts.push(performance.now()-t); pfs.push(process.resourceUsage().minorPageFault-pf0);
 if(mode==='release') {release(f); if(f[0].values.length!==0) throw 1;}
 if(process.argv[4]) await new Promise(r=>setImmediate(r));
}
ts.sort((a,b)=>a-b); console.log(mode,dt,'median',ts[20].toFixed(2),'min',ts[0].toFixed(2),'faults',pfs.slice(30).join(' '),'rss',(process.memoryUsage().rss/1e6).toFixed(0));
